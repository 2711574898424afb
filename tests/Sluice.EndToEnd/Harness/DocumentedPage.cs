using System.Text;
using System.Text.RegularExpressions;

namespace Sluice.EndToEnd;

/// <summary>A page of <c>docs/</c> whose commands a test runs, and whose outputs it compares with what was printed.</summary>
/// <remarks>
/// A <c>yaml</c> block is a file, an <c>sh</c> block is shell text, and a <c>console</c> block has commands after <c>$ </c>, each with the
/// output that follows it.
/// </remarks>
internal sealed partial class DocumentedPage
{
    private const string Prompt = "$ ";

    /// <summary>How long all commands of a page may take on a busy machine.</summary>
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(5);

    private readonly string _text;

    private DocumentedPage(string text) => _text = text;

    /// <summary>Reads a page.</summary>
    /// <param name="name">Its path below <c>docs/</c>.</param>
    internal static DocumentedPage Read(string name) => new(File.ReadAllText(Path.Combine(Repository.Root, "docs", name)));

    /// <summary>The same page with other text in some places, such as the ports that a test uses.</summary>
    internal DocumentedPage With(string old, string replacement)
    {
        _text.ShouldContain(old);
        return new DocumentedPage(_text.Replace(old, replacement, StringComparison.Ordinal));
    }

    /// <summary>The blocks in a language, in their order.</summary>
    internal string[] Blocks(string language) =>
        [.. Block().Matches(_text).Where(block => block.Groups["language"].Value == language).Select(block => block.Groups["text"].Value)];

    /// <summary>The commands of all console blocks, in their order, each with its output.</summary>
    internal (string Command, string Output)[] Commands()
    {
        List<(string Command, string Output)> commands = [];
        foreach (string line in Blocks("console").SelectMany(block => block.Split('\n', StringSplitOptions.RemoveEmptyEntries)))
        {
            if (line.StartsWith(Prompt, StringComparison.Ordinal))
            {
                commands.Add((line[Prompt.Length..], ""));
            }
            else
            {
                commands[^1] = (commands[^1].Command, $"{commands[^1].Output}{line}\n");
            }
        }

        return [.. commands];
    }

    /// <summary>Runs the commands in one shell, and returns what each printed.</summary>
    /// <param name="folder">The folder in which they run.</param>
    /// <param name="preparation">Shell text that runs before them.</param>
    internal async Task<(string Command, string Output)[]> RunAsync(string folder, string preparation)
    {
        string separator = $"-- {Guid.NewGuid():N}";
        (string Command, string Output)[] commands = Commands();
        StringBuilder script = new($"cd '{folder}'\n{preparation}\n");
        foreach ((string command, _) in commands)
        {
            script.Append(System.Globalization.CultureInfo.InvariantCulture, $"echo '{separator}'\n{command}\n");
        }

        script.Append("wait\n");
        string file = Path.Combine(folder, "commands.sh");
        await File.WriteAllTextAsync(file, script.ToString());
        await using ChildProcess shell = ChildProcess.Start("bash", file);
        ProgramResult result = await shell.WaitForExitAsync(Patience);

        string[] outputs = result.Output.Split($"{separator}\n");
        outputs.Length.ShouldBe(commands.Length + 1, result.ToString());
        return [.. commands.Select((command, index) => (command.Command, outputs[index + 1]))];
    }

    [GeneratedRegex("^```(?<language>[a-z]+)\n(?<text>.*?)^```$", RegexOptions.Singleline | RegexOptions.Multiline)]
    private static partial Regex Block();
}
