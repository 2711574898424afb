namespace Sluice.Charts;

/// <summary>How Sluice's charts look, by day and by night.</summary>
internal static class SvgStyle
{
    /// <summary>The style element of a chart.</summary>
    internal const string Element =
        """
        <style>
          svg { font: 13px system-ui, sans-serif; --ink: #1f2933; --soft: #6b7785; --line: #d6dce2; --level: #1769aa; --other: #8a5a00; --yes: #1b7f4b; --no: #b3261e; --ground: #ffffff; }
          @media (prefers-color-scheme: dark) { svg { --ink: #e6eaee; --soft: #9aa6b2; --line: #36414d; --level: #6cb6f5; --other: #e0a94a; --yes: #5fd08f; --no: #ff8a80; --ground: #14191f; } }
          text { fill: var(--ink); } .soft { fill: var(--soft); } .title { font-size: 15px; font-weight: 600; }
          .grid { stroke: var(--line); } .level { fill: none; stroke: var(--level); stroke-width: 2; stroke-linejoin: round; } .area { fill: var(--level); opacity: .12; }
          .level.other { stroke: var(--other); } .area.other { fill: var(--other); }
          .yes { fill: var(--yes); } .no { fill: none; stroke: var(--no); stroke-width: 1.5; } .runs { fill: var(--level); } .held { stroke: var(--other); stroke-width: 2; stroke-dasharray: 3 3; }
        </style>
        """;
}
