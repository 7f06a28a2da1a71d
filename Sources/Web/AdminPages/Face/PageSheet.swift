/// The look of the pages: one small sheet, light and dark, for phones and desks.
enum PageSheet {
    static let text: StaticString = """
        :root{color-scheme:light dark;--line:#8884;--soft:#8881;--accent:#0b6e4f;--on:#fff;--bad:#b3261e}
        @media(prefers-color-scheme:dark){:root{--accent:#5fd3a8;--on:#06251b;--bad:#ff8a80}}
        *{box-sizing:border-box}
        body{font:15px/1.55 system-ui,"Hiragino Sans","Noto Sans CJK JP","Noto Sans JP",sans-serif;margin:0}
        header{display:flex;flex-wrap:wrap;gap:.25rem 1rem;align-items:center;padding:.5rem 1.25rem;
        border-bottom:1px solid var(--line)}
        .brand{font-weight:700;text-decoration:none;color:inherit}
        nav{display:flex;flex-wrap:wrap;gap:.25rem;flex:1}
        nav a{padding:.45rem .7rem;border-radius:.4rem;text-decoration:none}
        nav a[aria-current]{background:var(--soft);font-weight:700;color:inherit}
        main{max-width:78rem;margin:0 auto;padding:1.25rem 1.25rem 4rem}
        main.alone{max-width:36rem;padding-top:10vh}
        h1{font-size:1.5rem;line-height:1.3;margin:.25rem 0 1rem}h2{font-size:1.1rem;margin:2rem 0 .5rem}
        p{margin:.5rem 0}a{color:var(--accent)}
        code{font:.85em/1.5 ui-monospace,SFMono-Regular,Menlo,monospace;overflow-wrap:anywhere}
        .quiet,small{color:GrayText;font-size:.875rem}
        .notice{border:1px solid var(--line);border-left:.3rem solid var(--accent);border-radius:.4rem;
        padding:.6rem .9rem;margin:0 0 1rem;background:var(--soft)}
        .notice.bad{border-left-color:var(--bad)}
        .badge{display:inline-block;padding:0 .55rem;border:1px solid var(--line);border-radius:1rem;font-size:.85rem;
        white-space:nowrap}
        .badge.good{border-color:var(--accent);color:var(--accent)}
        .badge.bad{border-color:var(--bad);color:var(--bad);font-weight:700}.badge.past{color:GrayText}
        .money,time{white-space:nowrap;font-variant-numeric:tabular-nums}
        table{border-collapse:collapse;width:100%}
        th,td{text-align:left;vertical-align:top;padding:.45rem .6rem;border-bottom:1px solid var(--line)}
        th{font-size:.85rem;color:GrayText;white-space:nowrap}
        td{overflow-wrap:anywhere}.number{text-align:right}
        dl{display:grid;grid-template-columns:repeat(auto-fill,minmax(13rem,1fr));gap:.75rem 1.25rem;margin:0}
        dt{font-size:.85rem;color:GrayText}dd{margin:0;overflow-wrap:anywhere}
        form.stack{display:grid;gap:.9rem;max-width:34rem;margin:1rem 0}form.stack>*,label>*{min-width:0}form.narrow{max-width:22rem}
        form.search{display:flex;flex-wrap:wrap;gap:.6rem;align-items:end;margin:0 0 1rem}
        form.search>a{padding:.6rem 0}form.inline{display:inline}form.stack input:not([type=checkbox]),form.stack select,form.stack textarea{width:100%}
        label{display:grid;gap:.2rem}label>span{font-size:.85rem;color:GrayText}
        label.check{display:flex;gap:.5rem;align-items:center}label.check>span{font-size:1rem;color:inherit}
        input,select,textarea,button{font:inherit;min-height:2.6rem;padding:.4rem .6rem;border:1px solid var(--line);
        border-radius:.4rem;background:Canvas;color:CanvasText;max-width:100%}
        input[type=checkbox]{min-height:0;width:1.2rem;height:1.2rem}
        textarea{min-height:6rem}
        button{cursor:pointer;white-space:nowrap;padding:.4rem 1rem;justify-self:start}
        button.main{background:var(--accent);border-color:var(--accent);color:var(--on);font-weight:700}
        button.grave{background:var(--bad);border-color:var(--bad);color:Canvas;font-weight:700}
        button.plain{border:0;background:none;color:var(--accent);padding:.4rem .2rem;text-decoration:underline}
        .row{display:flex;flex-wrap:wrap;gap:.75rem 1.25rem;align-items:center;margin:1rem 0}
        .act{display:inline-block;padding:.5rem 1rem;border:1px solid var(--accent);border-radius:.4rem;
        text-decoration:none}.act.grave{border-color:var(--bad);color:var(--bad)}
        ol.story{list-style:none;margin:0;padding:0 0 0 .9rem;border-left:2px solid var(--line)}
        ol.story li{padding:.3rem 0}ol.story .quiet{overflow-wrap:anywhere;margin:0}
        @media(max-width:44rem){
        main{padding:1rem 1rem 3rem}header{padding:.5rem 1rem}nav{order:3;flex-basis:100%;margin:0 -.5rem}
        nav a{padding:.45rem .5rem}header form{margin-left:auto}
        thead{position:absolute;width:1px;height:1px;overflow:hidden;clip-path:inset(50%)}
        tr{display:block;border:1px solid var(--line);border-radius:.5rem;margin:0 0 .75rem;padding:.25rem 0}
        td,td.number{display:flex;gap:1rem;justify-content:space-between;border:0;padding:.25rem .75rem;text-align:right}
        td.none,td.number.none{display:none}dl{grid-template-columns:repeat(auto-fill,minmax(9rem,1fr))}
        td::before{content:attr(data-label);color:GrayText;font-size:.85rem;text-align:left;flex:none}
        form.search label{flex:1 1 9rem}form.search input,form.search select{width:100%}
        }
        """
}
