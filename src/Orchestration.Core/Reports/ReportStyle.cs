namespace Orchestration.Core.Reports;

/// <summary>The look of a report: colours as variables, twice, and everything else once.</summary>
internal static class ReportStyle
{
    /// <summary>How many colours there are for series; more series begin again.</summary>
    public const int Series = 6;

    // The series' colours are Okabe and Ito's order of hues (told apart with any colour vision), each moved in lightness until it has at least 3 : 1
    // against its background.
    public const string Css = """
        :root{--bg:#fff;--panel:#f6f7f9;--text:#1c2127;--soft:#5b6470;--line:#d5d9df;--grid:#e7eaee;--bar:#c4cad3;--warn:#8a4b00;--warn-bg:#fff4e0;
        --s0:#0b62a4;--s1:#b8520a;--s2:#0a7d5f;--s3:#8e44ad;--s4:#a3316b;--s5:#6b6b00;--up:#0b62a4;--down:#b8520a}
        @media (prefers-color-scheme:dark){:root{--bg:#14171b;--panel:#1c2026;--text:#e5e8ec;--soft:#a3adb9;--line:#3a424c;--grid:#2a3038;--bar:#4b5561;--warn:#ffc46b;--warn-bg:#3a2a10;
        --s0:#63aef0;--s1:#f39c55;--s2:#4cc9a4;--s3:#c39be8;--s4:#f08bb8;--s5:#cfcf52;--up:#63aef0;--down:#f39c55}}
        @media print{:root{--bg:#fff;--panel:#fff;--text:#000;--soft:#444;--line:#bbb;--grid:#e5e5e5;--bar:#c4cad3;--warn:#8a4b00;--warn-bg:#fff;
        --s0:#0b62a4;--s1:#b8520a;--s2:#0a7d5f;--s3:#8e44ad;--s4:#a3316b;--s5:#6b6b00;--up:#0b62a4;--down:#b8520a}
        nav,.skip{display:none}.columns{display:block!important}.card,figure,tr{break-inside:avoid}h2,h3{break-after:avoid}}
        *{box-sizing:border-box}
        html{color-scheme:light dark;scroll-behavior:smooth}
        @media (prefers-reduced-motion:reduce){html{scroll-behavior:auto}}
        body{margin:0;background:var(--bg);color:var(--text);font:16px/1.55 system-ui,-apple-system,"Segoe UI",Roboto,"Helvetica Neue","DejaVu Sans",sans-serif}
        header,footer{max-width:1280px;margin:0 auto;padding:1.5rem 1.5rem 0}
        footer{padding-bottom:2rem;color:var(--soft);font-size:.85rem}
        h1{font-size:1.75rem;line-height:1.2;margin:0 0 .25rem;overflow-wrap:anywhere}
        h2{font-size:1.3rem;line-height:1.3;margin:2.5rem 0 .75rem;padding-bottom:.25rem;border-bottom:1px solid var(--line)}
        h3{font-size:1.02rem;margin:1.25rem 0 .4rem;overflow-wrap:anywhere}
        h4,h5{font-size:.95rem;margin:1rem 0 .3rem;overflow-wrap:anywhere}
        p,li,dd{max-width:76ch;overflow-wrap:anywhere}p{margin:.5rem 0}
        .subtitle,.note{color:var(--soft)}.note{font-size:.88rem}
        .warning{color:var(--warn);background:var(--warn-bg);border-left:4px solid var(--warn);padding:.5rem .75rem;border-radius:0 4px 4px 0}
        a{color:var(--s0)}
        .skip{position:absolute;left:-9999px}.skip:focus{left:1rem;top:1rem;background:var(--bg);padding:.5rem}
        .columns{max-width:1280px;margin:0 auto;padding:0 1.5rem;display:grid;grid-template-columns:13rem minmax(0,1fr);gap:2.5rem}
        nav{position:sticky;top:0;align-self:start;max-height:100vh;overflow:auto;padding:1rem 0;font-size:.9rem}
        nav h2{font-size:.8rem;text-transform:uppercase;letter-spacing:.06em;color:var(--soft);border:0;margin:1.2rem 0 .4rem}
        nav ol{margin:0;padding-left:1.7rem}nav li{margin:.3rem 0}nav a{text-decoration:none}nav a:hover,nav a:focus{text-decoration:underline}
        @media (max-width:900px){.columns{display:block}nav{position:static;max-height:none}}
        main>section:first-child>h2{margin-top:1.5rem}
        .cards{display:grid;grid-template-columns:repeat(auto-fill,minmax(min(100%,21rem),1fr));gap:1rem;margin:1rem 0}
        .card{background:var(--panel);border:1px solid var(--line);border-radius:8px;padding:.25rem 1rem .75rem;min-width:0}
        .card p{font-size:.9rem}.card h3{margin-top:.6rem}
        figure{margin:1rem 0}.card figure{margin:.25rem 0}
        figcaption{font-weight:600;font-size:.92rem;margin-bottom:.25rem;overflow-wrap:anywhere}
        svg{display:block;max-width:100%;height:auto;font:12px system-ui,-apple-system,"Segoe UI",Roboto,"DejaVu Sans",sans-serif}
        svg text{fill:var(--text)}svg .soft{fill:var(--soft)}svg .grid{stroke:var(--grid);stroke-width:1}svg .axis{stroke:var(--soft);stroke-width:1}
        svg .zero{stroke:var(--soft);stroke-width:1;stroke-dasharray:4 3}svg .bar{fill:var(--bar)}svg .halo{paint-order:stroke;stroke:var(--bg);stroke-width:3px}
        .legend{display:flex;flex-wrap:wrap;gap:.2rem 1.1rem;margin:.2rem 0 .3rem;padding:0;list-style:none;font-size:.85rem}
        .legend li{display:flex;align-items:center;gap:.4rem;max-width:none}.legend svg{flex:none}
        details{margin:.35rem 0;font-size:.88rem}summary{cursor:pointer;color:var(--soft)}summary:hover{color:var(--text)}
        .scroll{overflow:auto;max-height:34rem;margin:.5rem 0}
        table{border-collapse:collapse;font-size:.88rem;font-variant-numeric:tabular-nums}
        caption{text-align:left;font-weight:600;padding:.2rem 0}
        th,td{padding:.25rem .7rem .25rem 0;text-align:left;border-bottom:1px solid var(--grid);vertical-align:top;overflow-wrap:anywhere}
        th+th,td+td,th+td{padding-left:.7rem}
        thead th{position:sticky;top:0;background:var(--bg);border-bottom:1px solid var(--line);white-space:nowrap}.card thead th{background:var(--panel)}
        tbody th{font-weight:500;min-width:min(15rem,42vw)}.number{text-align:right;white-space:nowrap}tbody th.number{min-width:0}
        dl.facts{display:grid;grid-template-columns:max-content minmax(0,1fr);gap:.2rem 1.2rem;margin:.5rem 0}
        dl.facts dt{color:var(--soft)}dl.facts dd{margin:0}
        @media (max-width:600px){dl.facts{grid-template-columns:1fr}dl.facts dd{margin-bottom:.4rem}}
        pre{white-space:pre-wrap;overflow-wrap:anywhere;background:var(--panel);border:1px solid var(--line);border-radius:6px;padding:.6rem .8rem;font-size:.85rem;max-height:24rem;overflow:auto}
        """;
}
