/// The look of the pages: one small sheet, light and dark, for phones and desks.
enum PageStyle {
    static let sheet: StaticString = """
        :root{color-scheme:light dark;--line:#8884;--soft:#8881;--accent:#0b6e4f}
        @media(prefers-color-scheme:dark){:root{--accent:#5fd3a8}}
        *{box-sizing:border-box}
        body{font:16px/1.6 system-ui,"Hiragino Sans","Noto Sans JP",sans-serif;max-width:60rem;margin:0 auto;
        padding:2rem 1.25rem 4rem}
        h1{font-size:1.9rem;margin:0 0 .25rem}h2{font-size:1.2rem;margin:2.5rem 0 .75rem}
        p{margin:.5rem 0}a{color:var(--accent)}
        code,pre{font:.875em/1.5 ui-monospace,SFMono-Regular,Menlo,monospace}
        pre{background:var(--soft);border:1px solid var(--line);border-radius:.5rem;padding:.9rem 1rem;overflow-x:auto}
        .lead{color:GrayText;margin:0 0 1.5rem}
        .card{border:1px solid var(--line);border-radius:.6rem;margin:.6rem 0;overflow:hidden}
        .card summary{display:flex;gap:.75rem;align-items:baseline;flex-wrap:wrap;padding:.6rem .9rem;cursor:pointer}
        .card summary:hover{background:var(--soft)}
        .card>div{padding:.25rem 1rem 1rem;border-top:1px solid var(--line)}
        .method{font-weight:700;font-size:.8rem;min-width:3.6rem;color:var(--accent)}
        .path{font-family:ui-monospace,Menlo,monospace;font-size:.9rem;overflow-wrap:anywhere}
        .note{color:GrayText;font-size:.875rem}
        table{border-collapse:collapse;width:100%;font-size:.9rem}
        th,td{text-align:left;vertical-align:top;padding:.35rem .6rem;border-bottom:1px solid var(--line)}
        """
}
