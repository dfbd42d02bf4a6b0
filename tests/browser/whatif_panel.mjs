// whatif_panel.mjs - what the sliders of an opened head must do in a browser; run by check_whatif_panel.py.
// usage: node whatif_panel.mjs FOLDER PROGRAM BROWSER MODULES SCREENSHOTS
import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import fs from "node:fs";
import path from "node:path";
import { launch, run } from "./page.mjs";

const [, , folder, program, browser, modules, shots] = process.argv;
const chromium = await launch(browser, modules, 120000); /* nothing here is timed */
const open = (name, hash, options) => chromium.open(path.join(folder, name + ".html"), { hash, ...options });
const counted = (page) => page.waitForFunction(() => document.querySelector(".whatif").dataset.counting === "no");

async function dial(page, id, value) {
  const box = page.locator("#if-" + id);
  if (await box.evaluate((b) => b.tagName === "SELECT")) await box.selectOption(String(value));
  else {
    await box.fill(String(value));
    await box.press("Tab");
  }
  await counted(page);
}
const cells = (page) => page.evaluate(() => Object.fromEntries([...document.querySelectorAll(".whatif tr[data-column]")].map((r) =>
  [r.dataset.column, [...r.cells].slice(1).map((c) => c.dataset.value ?? c.textContent)])));

/* The file that the page hands out holds the document's vectors, the rotated dimensions first. */
function sameVectors(file, name, head, key) {
  const document = JSON.parse(fs.readFileSync(path.join(folder, name + ".json"), "utf8")), [layer, number] = head.split(".").map(Number);
  const bytes = fs.readFileSync(file), size = Number(bytes.readBigUInt64LE(0)), header = JSON.parse(bytes.subarray(8, 8 + size));
  const tensor = (t) => bytes.subarray(8 + size + header[t].data_offsets[0], 8 + size + header[t].data_offsets[1]);
  const { rotary_dim, rotary_offset: from = 0 } = document.rotations[0];
  const wanted = (v) => {
    const floats = Buffer.from(v.f32, "base64"), place = (a, b) => floats.subarray(4 * a, 4 * b);
    return Buffer.concat([place(from, from + rotary_dim), place(0, from), place(from + rotary_dim, floats.length / 4)]);
  };
  const keyOf = (stratum) => wanted(document.vectors.keys.find((k) => k.layer === layer && k.stratum === stratum));
  assert.ok(tensor("q").equals(wanted(document.vectors.queries.find((q) => q.layer === layer && q.head === number))), "q");
  assert.ok(tensor("k").equals(Buffer.concat([keyOf(key), keyOf(key === "attended" ? "random" : "attended")])), "k");
  return { inv_freq: [...new Float64Array(tensor("inv_freq").buffer.slice(tensor("inv_freq").byteOffset, tensor("inv_freq").byteOffset + tensor("inv_freq").length))],
    declared: document.rotations[0].inv_freq };
}

/* The vectors that the page hands out, under the command that it names. */
async function measured(page, check = () => {}) {
  const wait = page.waitForEvent("download");
  await page.getByRole("button", { name: "vectors and table" }).click();
  const file = await (await wait).path(), words = (await page.textContent(".whatif .command")).replace("FILE.safetensors", file).split(" ").slice(1);
  check(file);
  assert.equal(words[words.indexOf("--score-scale") + 1], "0.35355339", "the document's");
  return JSON.parse(execFileSync(program, [...words, "--json", "-", "-q"], { encoding: "utf8" })).contexts[0];
}
const want = (cell, key) => ({ [key + ".position_inversion"]: cell.single[0].position_inversion.measured, [key + ".alias_pairs"]: cell.single[0].position_aliasing.pairs,
  [key + ".alias_distances"]: cell.single[0].position_aliasing.distances, "attended_random.token_inversion": cell.double[0].token_inversion.measured,
  "attended_random.token_aliasing": cell.double[0].token_aliasing.measured });

const code = await run({
  async "nothing is compiled before it is asked for"() {
    const page = await open("plain", "#head=0.0&context=2048");
    assert.equal(page.workers().length, 0);
    await page.getByRole("button", { name: "count these vectors" }).click();
    await counted(page);
    assert.equal(page.workers().length, 1);
    await page.close_();
  },

  async "the file's own settings and others count what measure counts, beside the document's numbers"() {
    for (const [name, head, key] of [["plain", "0.0", "attended"], ["plain", "2.1", "random"], ["partial", "0.1", "attended"], ["partial", "2.0", "random"]]) {
      const page = await open(name, `#head=${head}&context=4096&key=${key}`);
      const before = await cells(page);
      await page.getByRole("button", { name: "count these vectors" }).click();
      await counted(page);
      const own = want(await measured(page, (file) => {
        const { inv_freq, declared } = sameVectors(file, name, head, key);
        assert.deepEqual(inv_freq, declared, "the document's frequencies");
      }), key), first = await cells(page);
      for (const [column, v] of Object.entries(own)) assert.deepEqual(first[column], [before[column][0], String(v), String(v)], name + head + column);
      for (const [id, value] of [["base", 500000], ["context", 3001], ["scaling", "yarn"], ["factor", 3], ["dtype", "e4m3"], ["scaling", "llama3"], ["scaling", "none"], ["scaling", "file"]]) {
        await dial(page, id, value);
        const now = await cells(page), then = want(await measured(page), key);
        for (const [column, v] of Object.entries(then)) assert.deepEqual(now[column], [first[column][0], first[column][1], String(v)], `${name} ${head} ${id} ${value} ${column}`);
      }
      assert.notDeepEqual(await cells(page), first);
      assert.match(await page.locator(".whatif .caveat").innerText(), /not evidence about what a model trained with that table would do/);
      await page.getByRole("button", { name: "back to the file's settings" }).click();
      await counted(page);
      assert.deepEqual(await cells(page), first);
      assert.ok(!page.url().includes("if-"), page.url());
      await page.close_();
    }
  },

  async "the link holds the sliders, and one that means harm does nothing"() {
    const page = await open("plain", "#head=0.0&context=2048");
    await page.locator("#if-base-slider").focus();
    await page.keyboard.press("ArrowRight");
    await counted(page);
    const link = new URL(page.url()).hash, numbers = await cells(page);
    assert.match(link, /if-base=\d+/);
    const again = await open("plain", link);
    await counted(again);
    assert.deepEqual(await cells(again), numbers);
    await again.getByRole("button", { name: "next head" }).click();
    await counted(again);
    assert.equal(await again.inputValue("#if-base"), await page.inputValue("#if-base"));
    await again.close_();
    await page.close_();
    const hostile = await open("plain", "#head=0.0&context=2048&if-base=<img src=x onerror=alert(1)>&if-scaling=__proto__&if-dtype=constructor&if-context=1e99&if-factor=-1");
    assert.equal(await hostile.inputValue("#if-context"), "2048");
    assert.equal(await hostile.locator("img").count(), 0);
    await hostile.close_();
  },

  async "what cannot be counted is said in a sentence"() {
    const page = await open("strange", "#head=0.0&context=2048&if-base=20000&if-dtype=f16");
    await counted(page);
    assert.match(await page.textContent(".whatif .alarm"), /^This cannot be counted: .*<img src=x onerror=alert/);
    assert.equal(await page.locator("img").count(), 0);
    await dial(page, "scaling", "none");
    assert.equal(await page.textContent(".whatif .alarm"), "");
    await page.close_();
  },

  async "axe finds nothing, in both themes and at the narrowest"() {
    for (const [colorScheme, width] of [["light", 1280], ["dark", 1280], ["light", 320]]) {
      const page = await open("plain", "#head=0.0&context=2048&if-base=500000&if-scaling=yarn", { colorScheme, viewport: { width, height: 800 } });
      await counted(page);
      const over = await page.evaluate(() => document.documentElement.scrollWidth - innerWidth);
      assert.ok(over <= 0, `${width}: ${over} too wide`);
      await chromium.accessible(page, colorScheme + width);
      await page.locator(".whatif").screenshot({ path: path.join(shots, `whatif-${width}-${colorScheme}.png`) });
      await page.close_();
    }
  },
});
await chromium.close();
process.exit(code);
