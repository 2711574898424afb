using System.Buffers.Text;
using System.CommandLine;
using System.Security.Cryptography;
using System.Text;

namespace Sluice.Gateway;

/// <summary><c>sluice new-key</c>: makes an API key, and prints it with the hash that goes into the file.</summary>
internal static class NewKeyCommand
{
    private const int KeyBytes = 32;

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
        string key = "sluice_" + Base64Url.EncodeToString(RandomNumberGenerator.GetBytes(KeyBytes));
        string hash = Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(key)));
        Console.WriteLine($"key:   {key}");
        Console.WriteLine($"entry: {{ user: {Quote(user)}, sha256: {hash} }}");
        Console.Error.WriteLine("Give the key to its user; it is shown only now. The entry goes under auth.apiKeys.");
        return CommandLine.Success;
    }

    // A double-quoted YAML scalar takes JSON's escapes, so any name comes through.
    private static string Quote(string user) =>
        user.Length > 0 && user.All(c => char.IsAsciiLetterOrDigit(c) || c is '-' or '_' or '@' or '.') && char.IsAsciiLetter(user[0])
            ? user
            : $"\"{System.Text.Json.JsonEncodedText.Encode(user)}\"";
}
