# a task by itself, and beside an audit
ropewalk report fixtures/task_small.json >page.html
grep -c '</html>' page.html
grep -c '<svg class=chart' page.html
grep -o 'Task kth\|What the tasks do not say' page.html
ropewalk report fixtures/task_small.json fixtures/audit_small.json >page.html
grep -c '</html>' page.html
grep -o 'The audit on the same axis\|What the tasks do not say' page.html
rm page.html
