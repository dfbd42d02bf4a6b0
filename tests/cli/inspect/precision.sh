# what evaluating angles in finite precision costs, as text and as JSON
ropewalk inspect fixtures/inspect_llama3.json --precision f32_product,bf16_position,f16_position --context 32k | sed -n '/^precision/,/^$/p'
ropewalk inspect fixtures/inspect_learned.json --precision all | grep -c ^precision && exit 1
ropewalk inspect fixtures/inspect_llama3.json --precision bf16_position --context 32k --reproducible --json - | sed -n '/"precision"/,$p'
ropewalk inspect fixtures/inspect_llama3.json --precision bf17 && exit 1
exit 0
