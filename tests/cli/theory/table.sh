# the analytic answers for a table alone, two draws of each family
ropewalk theory --head-dim 128 --rope-theta 5e5 -c 1,2,8k --draws 2 --reproducible --json t.json --csv t.csv
python3 - <<'EOF'
import json
d = json.load(open('t.json'))
print(d['kind'], sorted(d), d['settings'])
c = d['tables'][0]['contexts'][2]['scores'][0]
print(c['coefficients'], c['values']['position_inversion'], c['dtypes'][0]['values']['position_aliasing'])
EOF
head -4 t.csv
rm t.json t.csv
