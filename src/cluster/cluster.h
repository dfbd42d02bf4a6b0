/* cluster.h - the other processes that mpirun or srun started with this one. Two programs are made of
 * one command line: `ropewalk` with alone.c, `ropewalk-mpi` with mpi_team.c. */
#ifndef RW_CLUSTER_CLUSTER_H
#define RW_CLUSTER_CLUSTER_H
#include "base/status.h"

/** *team is NULL when this process is alone. `ropewalk` started with others becomes the
 *  `ropewalk-mpi` beside it; E_UNSUPPORTED when there is none. */
ropewalk_status rw_cluster_join(char **argv, const ropewalk_team **team,
                                ropewalk_error *err);
/** Before the program ends with `exit_code`: 2 and above from rank 0 end every process, otherwise
 *  the others wait here for rank 0. Nothing for a process that is alone. */
void rw_cluster_leave(const ropewalk_team *team, int exit_code);

/** Whether others were started with this process, and which it is (0 when unknown): ROPEWALK_MPI=1
 *  or 0 decides, otherwise what OpenMPI's mpirun, MPICH's, or srun leave in the environment. */
int rw_cluster_launched(void);
int rw_cluster_rank(void);
#endif
