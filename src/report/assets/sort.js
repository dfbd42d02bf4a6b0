"use strict";
// Tables sort by the column whose heading is pressed: numbers first, the largest on top, then the other way
// round; what has no answer stays last. A cell counts by its first number, which is the counted one.
for (const table of document.querySelectorAll("table:not(.u-legend)")) {
  const body = table.tBodies[0];
  const headings = [...table.tHead.rows[0].cells];
  const order = [...body.rows];
  const value = (row, column) => {
    const text = row.cells[column].textContent.trim();
    const number = /^-?[\d.,]+(e[-+]?\d+)?/.exec(text);
    return headings[column].className === "l" ? text : number ? Number(number[0].replaceAll(",", "")) : NaN;
  };
  const sort = (column) => {
    const falls = headings[column].getAttribute("aria-sort") !== "descending" && headings[column].className !== "l"
      || headings[column].getAttribute("aria-sort") === "ascending";
    const absent = (x) => Number.isNaN(x) || x === "–";
    for (const heading of headings) heading.removeAttribute("aria-sort");
    headings[column].setAttribute("aria-sort", falls ? "descending" : "ascending");
    const rows = order.map((row, i) => ({ row, i, x: value(row, column) }));
    rows.sort((a, b) => {
      if (absent(a.x) || absent(b.x)) return absent(a.x) - absent(b.x) || a.i - b.i;
      const less = a.x < b.x ? -1 : a.x > b.x ? 1 : 0;
      return (falls ? -less : less) || a.i - b.i;
    });
    body.append(...rows.map((r) => r.row));
  };
  headings.forEach((heading, column) => {
    const button = document.createElement("button");
    button.type = "button";
    button.className = "sort";
    button.append(...heading.childNodes);
    button.addEventListener("click", () => sort(column));
    heading.append(button);
  });
}
