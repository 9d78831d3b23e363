/// The script of a page, which sorts tables, and unfolds everything before printing. Without
/// scripts, a page shows the same content.
///
/// It is written to the page without escaping, so it must not contain characters that markup
/// escapes.
enum PageScript {
  /// A button in each header sorts columns with numbers in descending and others in ascending
  /// order; a second click reverses the order, a third restores the original. Cells without a
  /// number come last.
  static let text = """
    document.querySelectorAll(`table.sortable`).forEach(function (table) {
      const heads = Array.from(table.tHead.rows[0].cells);
      const rows = Array.from(table.tBodies[0].rows);
      function key(row, column) {
        const cell = row.cells[column];
        return cell.dataset.number === undefined ? cell.textContent : Number(cell.dataset.number);
      }
      function order(first, second, sign) {
        const isText = typeof first === `string`;
        if (typeof first !== typeof second) { return isText ? 1 : -1; }
        return sign * (isText ? first.localeCompare(second, `en`, { numeric: true }) : first - second);
      }
      heads.forEach(function (head, column) {
        const button = document.createElement(`button`);
        const mark = document.createElement(`span`);
        button.type = `button`;
        button.title = `Sort by this column`;
        button.textContent = head.textContent;
        mark.setAttribute(`aria-hidden`, `true`);
        button.append(mark);
        head.replaceChildren(button);
        const hasNumbers = rows.some(function (row) { return typeof key(row, column) === `number`; });
        const states = hasNumbers ? [`descending`, `ascending`] : [`ascending`, `descending`];
        button.addEventListener(`click`, function () {
          const state = states[states.indexOf(head.getAttribute(`aria-sort`)) + 1];
          heads.forEach(function (other) {
            other.removeAttribute(`aria-sort`);
            other.querySelector(`span`).textContent = ``;
          });
          const sorted = rows.slice();
          if (state) {
            const sign = state === `ascending` ? 1 : -1;
            head.setAttribute(`aria-sort`, state);
            mark.textContent = sign === 1 ? ` ▲` : ` ▼`;
            sorted.sort(function (first, second) {
              return order(key(first, column), key(second, column), sign);
            });
          }
          table.tBodies[0].append(...sorted);
        });
      });
    });
    let folded = [];
    window.addEventListener(`beforeprint`, function () {
      folded = Array.from(document.querySelectorAll(`details:not([open])`));
      folded.forEach(function (part) { part.open = true; });
    });
    window.addEventListener(`afterprint`, function () {
      folded.forEach(function (part) { part.open = false; });
    });

    """
}
