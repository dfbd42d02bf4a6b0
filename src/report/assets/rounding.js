/* rounding.js - number formats, to draw what rounding does; counts of rounded scores are the core's. */
const rounding = (() => {
  "use strict";
  /* Significand bits, exponent of the smallest normal number, largest number, whether it stops there. */
  const FORMAT = {
    bf16: [8, -126, 3.3895313892515355e38, false], f16: [11, -14, 65504, false], f32: [24, -126, 0, false],
    e4m3: [4, -6, 448, true], e5m2: [3, -14, 57344, false],
  };
  const bits = new DataView(new ArrayBuffer(8));
  /* To nearest, ties to even, straight from the float64. */
  function to(name, x) {
    if (name === "f32") return Math.fround(x);
    const [digits, least, most, stops] = FORMAT[name];
    bits.setFloat64(0, x);
    const exponent = Math.max(((bits.getUint32(0) >>> 20) & 0x7ff) - 1023, least), unit = 2 ** (exponent - digits + 1);
    const steps = Math.abs(x) / unit, down = Math.floor(steps), rest = steps - down;
    const size = (rest > 0.5 || (rest === 0.5 && down % 2) ? down + 1 : down) * unit;
    return Math.sign(x) * (size > most ? (stops ? most : Infinity) : size);
  }
  return { to, names: Object.keys(FORMAT), digits: (name) => FORMAT[name][0] };
})();
