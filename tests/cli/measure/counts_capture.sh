# every count of a head of a capture
ropewalk measure --qk fixtures/st_capture.safetensors --layer 0 --head 1 --context 100 --reproducible --json - |
    grep -oE '"(q|k|k1|k2|count|ties|total|pairs|distances|overflow|unresolved)": [0-9]+' |
    tr '\n' ' ' | sed 's/"q"/\n&/g; s/"//g; s/ $//'; echo
