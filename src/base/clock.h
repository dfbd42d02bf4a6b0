/* clock.h - how much time has passed, on the wall and on the processors. */
#ifndef RW_BASE_CLOCK_H
#define RW_BASE_CLOCK_H

/* Seconds since some moment that stays the same while the program runs; never goes back. */
double rw_clock_wall(void);

/* Seconds that the threads of this process have computed for, all together. */
double rw_clock_processor(void);

#endif
