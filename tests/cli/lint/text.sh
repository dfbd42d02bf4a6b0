# worst first, evidence, what to paste, links, what could not be judged; a clean file beside it
ropewalk lint --engine mlx-lm,llama.cpp fixtures/lint/RW008_truncate.json model:llama-3-8b || echo "exit $?"
