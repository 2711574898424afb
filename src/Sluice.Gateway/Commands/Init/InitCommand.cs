using System.CommandLine;
using System.Text;
using Sluice.Configuration;

namespace Sluice.Gateway;

/// <summary><c>sluice init</c>: writes a first configuration, from three answers or from options.</summary>
internal static class InitCommand
{
    private const string Name = "sluice init";
    private const string StandardOutput = "-";

    internal static Command Create()
    {
        Option<string?> upstream = new("--upstream")
        {
            Description = "The MCP server: its URL, or the command line that starts it.",
            HelpName = "URL|COMMAND",
        };
        Option<string?> rate = new("--rate")
        {
            Description = "How many calls are allowed; 100/1m when it is not asked for.",
            HelpName = "RATE",
        };
        Option<string?> per = new("--per")
        {
            Description = "What the limit counts by: user (callers need API keys), or shared (all callers together); "
                + "user when it is not asked for.",
            HelpName = "user|shared",
        };
        Option<string> user = new("--user")
        {
            Description = "The user who gets the first API key.",
            HelpName = "NAME",
            DefaultValueFactory = _ => new FirstConfiguration().User,
        };
        Option<string> server = new("--name")
        {
            Description = "The server's name, for its path and in metrics.",
            HelpName = "NAME",
            DefaultValueFactory = _ => new FirstConfiguration().Server,
        };
        Option<string> output = new("--out", "-o")
        {
            Description = "The file to write; '-' is standard output.",
            HelpName = "FILE",
            DefaultValueFactory = _ => RunCommand.DefaultFile,
        };
        Option<bool> force = new("--force") { Description = "Overwrite the file if it exists." };
        Command command = new(
            "init",
            "Write a first configuration: one server and one limit. "
            + "On a terminal, three questions are asked; an option answers its question.\n"
            + "The file is checked as by 'sluice validate'. "
            + "With --per user, an API key is made: it is printed once, and its hash is in the file.\n\n"
            + "Example:\n  sluice init\n"
            + "  sluice init --upstream http://127.0.0.1:3001/mcp --rate 100/1m --per user --user alice\n"
            + "  sluice init --upstream \"npx -y @example/server\" --rate 60/1m --per shared --out limits.yaml")
        {
            upstream,
            rate,
            per,
            user,
            server,
            output,
            force,
        };
        command.SetAction(parsed => Run(
            new()
            {
                Upstream = parsed.GetValue(upstream),
                Rate = parsed.GetValue(rate),
                Per = parsed.GetValue(per),
                User = parsed.GetRequiredValue(user),
                Server = parsed.GetRequiredValue(server),
            },
            parsed.GetRequiredValue(output),
            parsed.GetValue(force)));
        return command;
    }

    private static int Run(InitAnswers given, string file, bool overwrite)
    {
        if (file.Length == 0 || Directory.Exists(file))
        {
            return CommandLine.FailUsage(Name, $"--out: {Shown.Quote(file)} is not a file. Name one, such as {RunCommand.DefaultFile}.");
        }

        if (given.FindError() is string wrong)
        {
            return CommandLine.FailUsage(Name, wrong);
        }

        if (!overwrite && file != StandardOutput && File.Exists(file))
        {
            return CommandLine.Fail(ExistsAlready(file));
        }

        FirstConfiguration? configuration;
        if (given.AreComplete)
        {
            configuration = given.WithDefaults();
        }
        else if (!Console.IsInputRedirected)
        {
            configuration = given.Ask(new Questions(Console.In, Console.Error));
            if (configuration is null)
            {
                return CommandLine.Fail("the input ended before the last answer. Nothing is written.");
            }
        }
        else if (given.Upstream is null)
        {
            return CommandLine.FailUsage(Name, "--upstream is missing, and standard input is not a terminal on which to ask for it.");
        }
        else
        {
            configuration = given.WithDefaults();
        }

        return Write(configuration, file, overwrite);
    }

    private static int Write(FirstConfiguration configuration, string file, bool overwrite)
    {
        NewApiKey key = NewApiKey.Create();
        string yaml = configuration.ToYaml(key);
        if (file == StandardOutput)
        {
            Console.Out.Write(yaml);
            PrintNextSteps(Console.Error, configuration, key, "FILE");
            return CommandLine.Success;
        }

        try
        {
            using FileStream stream = new(file, overwrite ? FileMode.Create : FileMode.CreateNew, FileAccess.Write);
            stream.Write(Encoding.UTF8.GetBytes(yaml));
        }
        catch (IOException) when (!overwrite && File.Exists(file))
        {
            return CommandLine.Fail(ExistsAlready(file));
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            return CommandLine.Fail($"{Shown.Quote(file)} cannot be written: {exception.Message}");
        }

        Console.WriteLine($"{file}: written, and valid\n");
        PrintNextSteps(Console.Out, configuration, key, file);
        return CommandLine.Success;
    }

    private static void PrintNextSteps(TextWriter output, FirstConfiguration configuration, NewApiKey key, string file)
    {
        if (configuration.HasUsers)
        {
            output.WriteLine($"API key of {Shown.Step(configuration.User)}, shown only now:\n  {key.Key}");
        }

        string argument = file == RunCommand.DefaultFile ? "" : $" {ForShell(file)}";
        string header = configuration.HasUsers ? ", with the header 'X-API-Key: KEY'" : "";
        output.WriteLine($"Start the gateway:\n  sluice run{argument}\nClients then connect to:\n  http://127.0.0.1:8080/mcp{header}");
    }

    private static string ForShell(string file) =>
        file.All(c => char.IsLetterOrDigit(c) || c is '.' or '_' or '-' or '/' or '\\' or ':')
            ? file
            : $"'{file.Replace("'", @"'\''", StringComparison.Ordinal)}'";

    private static string ExistsAlready(string file) =>
        $"{Shown.Quote(file)} exists already. Name another with --out, or add --force to overwrite it.";
}
