using System.Globalization;
using Spectre.Console;

namespace Sluice.Gateway.Tests;

/// <summary>What a command prints at a width, line by line.</summary>
internal static class TextConsole
{
    internal static string[] Print(int width, Action<IAnsiConsole> print)
    {
        using StringWriter writer = new(CultureInfo.InvariantCulture) { NewLine = "\n" };
        IAnsiConsole console = AnsiConsole.Create(new AnsiConsoleSettings
        {
            Ansi = AnsiSupport.No,
            Out = new AnsiConsoleOutput(writer),
        });
        console.Profile.Width = width;
        print(console);
        return [.. writer.ToString().Split('\n').SkipLast(1).Select(line => line.TrimEnd())];
    }
}
