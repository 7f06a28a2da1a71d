/// The look of the device's page: a phone's screen, light and dark.
enum DeviceSheet {
    static let text: StaticString = """
        :root{color-scheme:light dark;--line:#8884;--soft:#8881;--accent:#0b6e4f;--on:#fff;--bad:#b3261e;--back:#eef1f0;
        --card:#fff}
        @media(prefers-color-scheme:dark){:root{--accent:#5fd3a8;--on:#06251b;--bad:#ff8a80;--back:#111514;--card:#1b2120}}
        *{box-sizing:border-box}
        body{font:16px/1.6 system-ui,"Hiragino Sans","Noto Sans CJK JP","Noto Sans JP",sans-serif;margin:0;
        background:var(--back)}
        main{max-width:26rem;min-height:100vh;margin:0 auto;padding:1rem 1.25rem 2rem;background:var(--card)}
        @media(min-width:40rem){main{min-height:0;margin:3rem auto;border:1px solid var(--line);border-radius:1.5rem;
        padding:1.25rem 1.75rem 2rem}}
        .app{margin:0 0 1rem;font-weight:700;letter-spacing:.02em}
        p{text-wrap:pretty}.state p{text-wrap:balance}
        h1{font-size:1.6rem;line-height:1.3;margin:.25rem 0 0}p{margin:.35rem 0}a{color:var(--accent)}
        .quiet{opacity:.75;font-size:.875rem}
        .state{text-align:center;margin:1.25rem 0 1.5rem;padding:1.5rem 1rem;border-radius:1rem;background:var(--soft)}
        .state svg{width:5.5rem;height:5.5rem;opacity:.6}
        .state.open svg{color:var(--accent);opacity:1}.state.open h1{color:var(--accent)}
        .notice{border:1px solid var(--line);border-left:.3rem solid var(--line);border-radius:.5rem;padding:.6rem .9rem;
        margin:0 0 1rem;overflow-wrap:anywhere}
        .notice.good{border-left-color:var(--accent)}.notice.bad{border-left-color:var(--bad)}
        .reference strong{font-size:1.15rem;font-variant-numeric:tabular-nums}
        .offer{margin:0 0 1rem}.offer .quiet{margin:.25rem .2rem 0}
        button{font:inherit;cursor:pointer;border-radius:.7rem;border:1px solid var(--line);background:none;color:inherit}
        .offer button{display:flex;gap:1rem;justify-content:space-between;align-items:baseline;width:100%;
        min-height:3.2rem;padding:.7rem 1rem;border-color:var(--accent);text-align:left}
        .offer strong{white-space:nowrap;font-variant-numeric:tabular-nums}
        button.main{background:var(--accent);color:var(--on)}
        button.plain{border:0;padding:.5rem 0;color:var(--accent);text-decoration:underline}
        :focus-visible{outline:3px solid var(--accent);outline-offset:2px}
        dl{margin:1.5rem 0 0;border-top:1px solid var(--line)}
        dl>div{display:flex;gap:1rem;justify-content:space-between;padding:.5rem 0;border-bottom:1px solid var(--line)}
        dt{opacity:.75;flex:none}dd{margin:0;text-align:right;min-width:0;overflow-wrap:anywhere}
        code{font:.85em/1.5 ui-monospace,SFMono-Regular,Menlo,monospace}
        h1+.notice{margin-top:1rem}footer{margin-top:1.25rem}
        """
}
