using System.Globalization;
using Spectre.Console;

namespace Sluice.Gateway;

/// <summary>Prints what the demo of virtual servers shows, at the width of the terminal.</summary>
/// <remarks>Thread safety: one thread.</remarks>
internal sealed class VirtualDemoPrinter
{
    private const int Widest = 100; // Longer lines are hard to read.
    private const string Indent = "   ";
    private const string AnswerIndent = Indent + "      "; // Below the name of the tool.
    private readonly IAnsiConsole _console;
    private readonly int _width;
    private int _step;

    /// <param name="console">The terminal, or a file.</param>
    internal VirtualDemoPrinter(IAnsiConsole console)
    {
        _console = console;
        _width = Math.Min(console.Profile.Width, Widest);
        console.Profile.Width = int.MaxValue / 2; // Lines are broken here, between words.
    }

    internal void Title(string text)
    {
        _console.WriteLine();
        Write("", text, "bold");
        _console.WriteLine();
    }

    /// <summary>The virtual server first, then those behind it.</summary>
    internal void Servers(params ReadOnlySpan<(string Name, Uri Endpoint, string About)> servers)
    {
        string[] names = [.. servers.ToArray().Select((server, index) => index == 0 ? server.Name : "  " + server.Name)];
        int widest = servers.ToArray().Max(server => server.Endpoint.ToString().Length);
        for (int i = 0; i < servers.Length; i++)
        {
            Write(
                $"{Indent}{names[i].PadRight(names.Max(name => name.Length))}  ",
                $"{servers[i].Endpoint.ToString().PadRight(widest)}  {servers[i].About}", "default");
        }

        _console.WriteLine();
    }

    /// <summary>A part of a file.</summary>
    internal void File(string yaml)
    {
        foreach (string line in yaml.TrimEnd('\n').Split('\n'))
        {
            _console.MarkupLineInterpolated($"{Indent}[dim]{line}[/]");
        }
    }

    /// <summary>What is shown next.</summary>
    internal void Step(string text)
    {
        _console.WriteLine();
        Write("", $"{++_step}. {text}", "bold");
        _console.WriteLine();
    }

    internal void Note(string text)
    {
        _console.WriteLine();
        Write(Indent, text, "default");
    }

    internal void Tools(IReadOnlyCollection<(string Name, string Description)> tools)
    {
        int widest = tools.Max(tool => tool.Name.Length);
        foreach ((string name, string description) in tools)
        {
            Write($"{Indent}[aqua]{Markup.Escape(name.PadRight(widest))}[/]  ", description, "default", Indent.Length + widest + 2);
        }
    }

    /// <summary>A call, before its answer is known.</summary>
    internal void Call(string user, string tool, string arguments) =>
        _console.MarkupLine($"{Indent}[dim]{Markup.Escape(user),-6}[/][aqua]{Markup.Escape(tool)}[/] {Markup.Escape(arguments)}");

    internal void Answer(string text, bool isError)
    {
        string[] lines = text.Split('\n');
        Write(AnswerIndent, lines[0], isError ? "red" : "green");
        if (lines.Length > 1)
        {
            Write(AnswerIndent, $"… and {lines.Length - 1} more", "green");
        }
    }

    /// <summary>What is left of limits.</summary>
    internal void Limits(UsageAnswer usage)
    {
        int widest = usage.Limits.Max(limit => limit.Limit.Length);
        foreach (UsageLimit limit in usage.Limits)
        {
            Write(Indent, string.Create(
                CultureInfo.InvariantCulture, $"{limit.Limit.PadRight(widest)}  {limit.Remaining} of {limit.MaxTokens}"), "default");
        }
    }

    internal void End(string text)
    {
        _console.WriteLine();
        Write("", text, "default");
    }

    /// <summary>Writes a text behind a start, and further lines of it below its first character.</summary>
    /// <param name="start">The start, as markup.</param>
    /// <param name="text">The text.</param>
    /// <param name="style">The style of the text.</param>
    /// <param name="column">How wide the start is; null for one that is no more than text.</param>
    private void Write(string start, string text, string style, int? column = null)
    {
        int indent = column ?? start.Length;
        string prefix = start;
        foreach (string line in Lines(text, Math.Max(20, _width - indent)))
        {
            _console.MarkupLine($"{prefix}[{style}]{Markup.Escape(line)}[/]");
            prefix = new string(' ', indent);
        }
    }

    private static IEnumerable<string> Lines(string text, int width)
    {
        while (text.Length > width)
        {
            int space = text.LastIndexOf(' ', width);
            int end = space > 0 ? space : width;
            yield return text[..end].TrimEnd();
            text = text[end..].TrimStart();
        }

        yield return text;
    }
}
