# A full disk and Ctrl-C: one sentence, and neither a folder nor half of a document
( trap '' XFSZ; ulimit -f 10 # 5 KiB: one of the pictures
  ropewalk reproduce --quick --only escape -o page -q ) || echo "exit $?"
ropewalk reproduce -o page -q &
until [ -e page/reproduction ] && grep -q '^SigCgt:.*4..3$' "/proc/$!/status"; do :; done
kill -INT $!
wait $! || echo "exit $?"
mkdir mine
( trap '' XFSZ; ulimit -f 10 # 5 KiB: one of the pictures
  ropewalk reproduce --quick --only escape -o mine -q ) || echo "exit $?"
find . -path './mine*' -o -path './page*'
