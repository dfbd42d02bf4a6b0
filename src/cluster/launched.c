/* launched.c - what a launcher's environment says, asked before MPI is started. */
#include <stdlib.h>
#include <string.h>

#include "cluster/cluster.h"

static long number(const char *name, long otherwise)
{
    const char *value = getenv(name);
    return value && *value ? strtol(value, NULL, 10) : otherwise;
}

int rw_cluster_launched(void)
{
    const char *wanted = getenv("ROPEWALK_MPI");
    if (wanted && *wanted) return strcmp(wanted, "0") != 0;
    if (number("OMPI_COMM_WORLD_SIZE", 1) > 1 || number("PMI_SIZE", 1) > 1) return 1;
    /* srun --mpi=pmix does not say how many there are in a word of PMIx */
    return getenv("PMIX_RANK") && number("SLURM_STEP_NUM_TASKS", 1) > 1;
}

int rw_cluster_rank(void)
{
    static const char *const names[] = {"OMPI_COMM_WORLD_RANK", "PMI_RANK", "PMIX_RANK",
                                        "SLURM_PROCID"};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        if (getenv(names[i])) return (int)number(names[i], 0);
    return 0;
}
