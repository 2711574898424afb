using System.CommandLine;
using System.CommandLine.Parsing;

namespace Sluice.Gateway.Tests.Commands;

/// <summary>What the help of the commands has.</summary>
public sealed class CommandHelpTests
{
    public static TheoryData<string> Names() => [.. CommandLine.CreateRoot([]).Subcommands.Select(command => command.Name)];

    [Theory]
    [MemberData(nameof(Names))]
    public void Help_OfEveryCommand_HasAnExampleThatIsACommandLineOfIt(string name)
    {
        Command command = CommandLine.CreateRoot([]).Subcommands.Single(found => found.Name == name);

        string[] examples =
        [
            .. command.Description!.Split("Example:\n")[^1].Split('\n').Select(line => line.Trim())
                .Where(line => line.StartsWith("sluice ", StringComparison.Ordinal)),
        ];

        examples.ShouldNotBeEmpty();
        foreach (string example in examples)
        {
            example.ShouldStartWith($"sluice {name}");
            string[] arguments = [.. CommandLineParser.SplitCommandLine(example.Split(" -- ")[0].Split(" > ")[0]).Skip(1)];
            CommandLine.CreateRoot([]).Parse(arguments).Errors.ShouldBeEmpty(example);
        }
    }
}
