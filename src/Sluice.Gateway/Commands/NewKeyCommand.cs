using System.CommandLine;

namespace Sluice.Gateway;

/// <summary><c>sluice new-key</c>: makes an API key, and prints it with the hash that goes into the file.</summary>
internal static class NewKeyCommand
{
    internal static Command Create()
    {
        Option<string> user = new("--user", "-u")
        {
            Description = "The user in the line for the file.",
            DefaultValueFactory = _ => "alice",
            HelpName = "NAME",
        };
        Command command = new(
            "new-key",
            "Make an API key of 256 random bits, and print it with its entry for auth.apiKeys.\n\n"
            + "Example:\n  sluice new-key --user alice")
        {
            user,
        };
        command.SetAction(parsed => Run(parsed.GetRequiredValue(user)));
        return command;
    }

    private static int Run(string user)
    {
        NewApiKey key = NewApiKey.Create();
        Console.WriteLine($"key:   {key.Key}");
        Console.WriteLine($"entry: {key.EntryOf(user)}");
        Console.Error.WriteLine("Give the key to its user; it is shown only now. The entry goes under auth.apiKeys.");
        return CommandLine.Success;
    }
}
