# tasks with their factors, for people and for programs
ropewalk list tasks
ropewalk list tasks --json - --reproducible
