# files that cannot be read
for f in nothing.safetensors fixtures ""; do
    ropewalk measure "$f" --rope-theta 10000 || echo "exit $?"
done
