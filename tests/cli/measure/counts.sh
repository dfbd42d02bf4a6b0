# every count of given vectors
ropewalk measure --qk fixtures/st_given.safetensors --context 1,2,64,1000 --dtype bf16,f16,f32,e4m3,e5m2 --reproducible --json - |
    grep -oE '"(q|k|k1|k2|count|ties|total|pairs|distances|overflow|unresolved)": [0-9]+' |
    tr '\n' ' ' | sed 's/"q"/\n&/g; s/"//g; s/ $//'; echo
