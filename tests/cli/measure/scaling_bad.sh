# mechanisms: unknown, and with parameters missing or out of range
measure() { ropewalk measure --qk fixtures/st_given_plain.safetensors --context 8 --rope-theta 10000 "$@" || echo "exit $?"; }
measure --rope-scaling sails
measure --rope-scaling yarn
measure --rope-scaling yarn --yarn-orig-ctx 4096
measure --rope-scaling linear
measure --rope-scaling linear --rope-scale 0
measure --rope-scaling llama3 --rope-scale 8
measure --rope-scaling dynamic
measure --rope-scaling dynamic --rope-scale 4
measure --rope-scaling longrope --yarn-orig-ctx 4096
measure --rope-scaling ntk
