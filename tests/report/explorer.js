(view, page) => {
  const node = (id) => page.getElementById(`explore${id}`);
  const table = node("").querySelector("table");
  const headings = [...table.querySelectorAll("thead th")].map((one) => one.textContent);
  const told = (row) => Object.fromEntries([...row.children].map((cell, place) => [headings[place], cell.textContent]));
  const rows = () => [...table.querySelectorAll("tbody > tr[id^='cell-']")].map(told);
  const choose = (name, value) => {
    const select = node("").querySelector(`select[name=${name}]`);
    select.value = value;
    select.dispatchEvent(new view.Event("change"));
  };
  const head = (name) => [...table.querySelectorAll("thead th")].find((one) => one.textContent === name);
  const go = (hash) => { view.location.hash = hash; view.dispatchEvent(new view.HashChangeEvent("hashchange")); };
  const result = { all: node("-count").textContent };

  choose("task", "Classification on UEA");
  result.filtered = { count: node("-count").textContent, tasks: [...new Set(rows().map((row) => row.Task))], address: view.location.hash };

  node("-clear").click();
  choose("metric", "MSE");
  choose("dataset", "ETTh1");
  head("Published").querySelector("button").click();
  result.ascending = { values: rows().map((row) => row.Published), sort: head("Published").getAttribute("aria-sort") };
  head("Published").querySelector("button").click();
  result.descending = { values: rows().map((row) => row.Published), sort: head("Published").getAttribute("aria-sort"), address: view.location.hash };

  node("-clear").click();
  go("#explorer?metric=MSE&dataset=ETTh1&sort=-published");
  result.linked = { values: rows().map((row) => row.Published), metric: node("").querySelector("select[name=metric]").value };

  const texts = {};
  view.URL.createObjectURL = () => "#explorer";
  view.URL.revokeObjectURL = () => null;
  view.Blob = class { constructor(parts) { texts.last = parts.join(""); } };
  const written = (kind) => { node("-format").value = kind; node("-save").click(); return texts.last; };
  result.written = Object.fromEntries(["csv", "md", "tex"].map((kind) => [kind, written(kind)]));
  result.chosen = node("-count").textContent;

  const square = page.querySelector("a[data-cell*='ETTh1-96-specar-notop']");
  go(square.hash);
  const line = page.getElementById(square.hash.slice(1));
  const button = line.querySelector("button");
  result.square = {
    cell: told(line), expanded: button.getAttribute("aria-expanded"),
    focused: page.activeElement === button, runs: page.getElementById(button.getAttribute("aria-controls")).textContent,
    links: [...page.getElementById(button.getAttribute("aria-controls")).querySelectorAll("li a")].map((link) => Boolean(page.getElementById(link.hash.slice(1)))),
  };
  button.click();
  result.closed = page.getElementById(line.id).querySelector("button").getAttribute("aria-expanded");
  go("#audit");
  result.anchor = [view.location.hash, page.getElementById("audit").closest("details").open];
  return result;
}
