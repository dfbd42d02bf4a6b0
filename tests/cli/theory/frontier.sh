# what no query and key can do better, beyond a window, where nothing turns, and where vectors lie
ropewalk theory --head-dim 128 --rope-theta 1e4 -c 128k --frontier --draws 1 | sed -n '/frontier at/,/0.001/p'
ropewalk theory --head-dim 128 --rope-theta 5e5 -c 1,128k --frontier --draws 1 | grep -A 6 'frontier at'
ropewalk theory --qk fixtures/st_given.safetensors --context 64 --frontier | sed -n '/frontier at/,$p' | grep -v 'both to within'
echo "pairs that all turn, by design, and pairs that keep order"
ropewalk theory model:gemma-4-31b --draws 1 --frontier | grep -E '^    0.(45|1) '
ropewalk theory model:llama-3.2-1b --draws 1 --frontier | grep -E '^    0.(45|1) '
echo "too many pairs"
ropewalk theory --head-dim 4096 --rope-theta 1e4 --frontier
