/// The style sheet of a page. It is written to the page without escaping, so it must not contain
/// characters that markup escapes.
enum Stylesheet {
  static var text: String { light + dark + rules }

  private static var light: String {
    ":root { --paper: #ffffff; --card: #f6f7f8; --ink: #1a1a1a; --faint: #5c5c5c; --grid: #dfe1e4; --shade: #9aa0a6; --link: #0057b3;"
      + " --good: #00694f; --bad: #b3261e; \(colors(\.light)) color-scheme: light dark; }\n"
  }

  private static var dark: String {
    "@media screen and (prefers-color-scheme: dark) { :root { --paper: #14171a; --card: #1e2226; --ink: #e8e8e8;"
      + " --faint: #a6abb0; --grid: #363c42; --shade: #6b7278; --link: #7db8ff; --good: #5fd6ae; --bad: #ff8f86; \(colors(\.dark)) } }\n"
  }

  private static func colors(_ shade: (((light: String, dark: String)) -> String)) -> String {
    Palette.seriesColors.enumerated().map { "--series-\($0): \(shade($1));" }.joined(separator: " ")
  }

  private static let rules = """
    * { box-sizing: border-box; }
    body { margin: 0 auto; padding: 1.25rem 1rem 3rem; max-width: 72rem; background: var(--paper); color: var(--ink);
      font: 16px/1.5 system-ui, -apple-system, Roboto, Helvetica, Arial, sans-serif; overflow-wrap: anywhere; }
    h1 { font-size: 1.7rem; line-height: 1.2; margin: 0 0 0.3rem; }
    h2 { font-size: 1.3rem; line-height: 1.25; margin: 2.2rem 0 0.6rem; }
    h3 { font-size: 1.05rem; margin: 1.6rem 0 0.5rem; }
    p { margin: 0.4rem 0; }
    a { color: var(--link); }
    code, pre { font: 0.85rem/1.45 ui-monospace, SFMono-Regular, Menlo, Consolas, monospace; }
    pre { margin: 0.5rem 0; white-space: pre-wrap; }
    .experiment { border-top: 1px solid var(--grid); margin-top: 2.5rem; }
    .description, .note { color: var(--faint); }
    .note { font-size: 0.85rem; }
    .verdict { font-size: 1.15rem; font-weight: 600; background: var(--card); border-left: 4px solid var(--link);
      padding: 0.6rem 0.9rem; margin: 0.8rem 0; }
    .verdict.good { border-color: var(--good); }
    .verdict.bad { border-color: var(--bad); }
    .good, .bad { font-weight: 600; }
    td.good { color: var(--good); }
    td.bad { color: var(--bad); }
    .figures { display: grid; gap: 1.4rem; grid-template-columns: repeat(auto-fit, minmax(min(100%, 26rem), 1fr));
      align-items: start; }
    figure { margin: 0; max-width: 42rem; }
    figure.legend { grid-column: 1 / -1; max-width: 35rem; }
    figure svg { display: block; width: 100%; height: auto; }
    figcaption { font-size: 0.85rem; color: var(--faint); }
    .scroll { overflow-x: auto; margin: 0.5rem 0; scrollbar-width: thin; background:
      linear-gradient(to right, var(--paper) 40%, transparent) left / 3rem 100% no-repeat local,
      linear-gradient(to left, var(--paper) 40%, transparent) right / 3rem 100% no-repeat local,
      linear-gradient(to right, var(--shade), transparent) left / 0.9rem 100% no-repeat scroll,
      linear-gradient(to left, var(--shade), transparent) right / 0.9rem 100% no-repeat scroll; }
    table { border-collapse: collapse; font-size: 0.9rem; font-variant-numeric: tabular-nums; overflow-wrap: normal; }
    caption { text-align: left; color: var(--faint); font-size: 0.85rem; padding-bottom: 0.2rem; }
    th, td { padding: 0.25rem 0.7rem; border-bottom: 1px solid var(--grid); text-align: right; white-space: nowrap; }
    th:first-child, td:first-child { text-align: left; padding-left: 0; }
    thead button { font: inherit; color: inherit; background: none; border: 0; padding: 0; margin: 0; cursor: pointer;
      text-align: inherit; text-decoration: underline dotted; text-underline-offset: 0.2em; }
    thead th { vertical-align: bottom; color: var(--faint); font-weight: 600; white-space: normal; }
    tbody th { font-weight: 400; position: sticky; left: 0; background: var(--paper); }
    th.name { white-space: normal; min-width: 13rem; }
    .hover:hover { fill-opacity: 0.08; }
    details { margin: 0.6rem 0; }
    summary { cursor: pointer; font-weight: 600; }
    dl { display: grid; grid-template-columns: max-content 1fr; gap: 0.15rem 1rem; margin: 0.5rem 0; font-size: 0.9rem; }
    dt { color: var(--faint); }
    dd { margin: 0; }
    @media (max-width: 30rem) { body { padding: 0.9rem 0.8rem 2rem; } h1 { font-size: 1.35rem; }
      table { font-size: 0.78rem; } th, td { padding: 0.25rem 0.3rem; white-space: normal; } th.name { min-width: 8rem; }
      dl { grid-template-columns: 1fr; gap: 0; } dd { margin-bottom: 0.4rem; } }
    @media print { :root { font-size: 10pt; } body { max-width: none; padding: 0; font-size: 1rem; } figure, tr { break-inside: avoid; }
      h2, h3, summary, caption { break-after: avoid; } .scroll { overflow: visible; background: none; }
      .figures { grid-template-columns: 1fr 1fr; } a { color: inherit; text-decoration: none; }
      table { font-size: 8pt; } th, td { padding: 0.15rem 0.4rem; white-space: normal; } thead { display: table-header-group; }
      thead button { text-decoration: none; } details::details-content { content-visibility: visible; block-size: auto; } }

    """
}
