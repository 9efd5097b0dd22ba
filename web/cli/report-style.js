/** The look of a report, in light and dark. */

export const STYLE = `
:root { color-scheme: light dark; --line: #d0d0d6; --bad: #b3261e; --good: #1b6b3a;
  --soft: #5c5f66; --bar: #3b6fb5; --page: #fff; --text: #1b1c1f; }
@media (prefers-color-scheme: dark) { :root { --line: #3c3f46; --bad: #ff9d94; --good: #7fd8a0;
  --soft: #a6a9b1; --bar: #7fa8e0; --page: #17181b; --text: #ececef; } }
body { margin: 0; background: var(--page); color: var(--text);
  font: 16px/1.45 system-ui, sans-serif; }
main { max-width: 60rem; margin: 0 auto; padding: 1.5rem 1rem; }
h1 { font-size: 1.5rem; overflow-wrap: anywhere; }
h2 { margin: 2.5rem 0 0; font-size: 1.2rem; }
h3 { margin: 0; font-size: 1rem; }
article { display: grid; grid-template-columns: auto 1fr; gap: 0 1.25rem; padding: 1rem 0;
  border-bottom: 1px solid var(--line); content-visibility: auto;
  contain-intrinsic-size: auto 20rem; }
article > * { grid-column: 2; }
article p { margin: 0.3rem 0 0; font-size: 0.9rem; }
.images { grid-column: 1; grid-row: 1 / span 12; display: flex; gap: 0.5rem; }
.images img { width: 12rem; height: auto; align-self: start; }
.name, .explained { color: var(--soft); overflow-wrap: anywhere; }
.scores { list-style: none; margin: 0.5rem 0 0; padding: 0; font-size: 0.9rem; }
.scores li { display: grid; grid-template-columns: 1fr auto; gap: 0 0.5rem; max-width: 22rem; }
.scores i { grid-column: 1 / -1; height: 3px; background: var(--bar); }
.wrong, .warning { color: var(--bad); font-weight: 600; }
.right { color: var(--good); font-weight: 600; }
.accuracy strong { font-size: 1.6rem; }
.scroll { overflow-x: auto; }
table { border-collapse: collapse; font-size: 0.9rem; }
caption { text-align: left; color: var(--soft); padding: 0.3rem 0; }
th, td { border: 1px solid var(--line); padding: 0.25rem 0.5rem; }
td { text-align: right; }
th[scope='row'] { text-align: left; }
.confusion thead span { writing-mode: vertical-rl; font-weight: 400; }
details { margin: 0.75rem 0; }
pre { overflow-x: auto; font-size: 0.85rem; }
@media (max-width: 48rem) { article { grid-template-columns: 1fr; } article > * { grid-column: 1; }
  .images { grid-row: auto; margin: 0.5rem 0 0; } .images img { width: 50%; min-width: 0; }
  .images { max-width: 100%; } }
`;
