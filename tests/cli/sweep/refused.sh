# each in one sentence, exit code 2
no() {
    ropewalk sweep "$@" && echo "accepted: $*" || [ $? = 2 ] || echo "exit code $?"
}
no
no --rope-theta 1
no --rope-theta 0.5,1e4
no --rope-theta -5
no --rope-theta nan
no --rope-theta inf
no --rope-theta 1e31
no --rope-theta ''
no --rope-theta ,
no --rope-theta 1e4:
no --rope-theta 1e4:1e5
no --rope-theta 1e5:1e4:log:3
no --rope-theta 1e4:1e5:log:1
no --rope-theta 1e4:1e5:log:5000
no --rope-theta 1e4:1e5:+1
no --rope-theta 1e4 -c 1:5000:+1
no --rope-theta 1e4:1e5:x1
no --rope-theta 1e4 --head-dim 7
no --rope-theta 1e4 --head-dim 0
no --rope-theta 1e4 --head-dim 8192
no --rope-theta 1e4 --head-dim 64,128 --rotary-dim 96
no --rope-theta 1e4 --rotary-dim 63
no --rope-theta 1e4 -c 0
no --rope-theta 1e4 -c 2^32
no --rope-theta 1e4 --dtype bf17
no --rope-theta 1e4 --events failure
no --rope-theta 1e4 --coefficients round
no --rope-theta 1e4 --coefficients aligned,
no --rope-theta 1e4 --rope-scaling yam
no --rope-theta 1e4 --rope-scaling none,yarn
no --rope-theta 1e4 --rope-scaling none --rope-scale 4
no --rope-theta 1e4 --draws 0
no --rope-theta 1e4 --loss mean
no --rope-theta 1e4 --threshold 1
no --rope-theta 1e4 --zeta 4
no --rope-theta 1e4 --score-scale 0
no --rope-theta 1e4 --pairs quarter
no --rope-theta 1e4 --models llama-3.1-8c
no --rope-theta 1e4 --layer 2
no --rope-theta 1e4 --qk nowhere
no --rope-theta 1e4 --qk fixtures/st_given.safetensors --layer 0 --head 0
no --rope-theta 1e4 --qk fixtures/st_given.safetensors --head-dim 8
no --rope-theta 1e4 --qk fixtures/st_capture.safetensors
no --rope-theta 1e4 --json - --csv -
no --rope-theta 1e4 --json same --csv same
no --rope-theta 1e4 --csv nowhere/rows.csv
no --rope-theta 1e4 --checkpoint kept --csv kept
no --rope-theta 1e4 1e5
