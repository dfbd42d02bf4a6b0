# addresses that are not even asked for; no secret is repeated
refused() { ropewalk inspect "$@" && exit 1; return 0; }
refused http://me:hunter2@127.0.0.1/model.gguf
refused file:///etc/passwd
refused ftp://127.0.0.1/model.gguf
refused 'https://127.0.0.1/a b'
refused https://
refused http://127.0.0.1:99999/
