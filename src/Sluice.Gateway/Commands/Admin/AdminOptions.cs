using System.CommandLine;
using Sluice.Configuration;

namespace Sluice.Gateway;

/// <summary>The options of the commands that ask a running gateway.</summary>
internal sealed class AdminOptions
{
    /// <summary>What the help of each command says.</summary>
    internal const string Help =
        "The gateway must have an admin address ('admin:' in its file). SLUICE_ADMIN_TOKEN is sent as the token.\n"
        + "Exits with 0 when it worked, with 1 when it did not, and with 2 when the command line is wrong.";

    private const string AddressVariable = "SLUICE_ADMIN";
    private const string DefaultAddress = "http://127.0.0.1:9090";

    private readonly Option<string?> _address = new("--admin")
    {
        Description = $"The gateway's admin address; ${AddressVariable} when it is left out, else {DefaultAddress}.",
        HelpName = "URL",
    };

    private readonly Option<bool> _json = new("--json") { Description = "Print the answer as JSON." };

    private AdminOptions()
    {
    }

    /// <summary>Adds the options to a command.</summary>
    internal static AdminOptions AddTo(Command command)
    {
        AdminOptions options = new();
        command.Add(options._address);
        command.Add(options._json);
        return options;
    }

    /// <summary>Whether the answer is printed as JSON.</summary>
    internal bool IsJson(ParseResult parsed) => parsed.GetValue(_json);

    /// <summary>A client of the address; null after standard error was told what is wrong with it.</summary>
    internal AdminClient? Open(ParseResult parsed)
    {
        string? set = Environment.GetEnvironmentVariable(AddressVariable);
        string? option = parsed.GetValue(_address);
        string text = option ?? (string.IsNullOrWhiteSpace(set) ? DefaultAddress : set);
        string source = option is not null ? "--admin" : AddressVariable;
        if (!Uri.TryCreate(text, UriKind.Absolute, out Uri? address)
            || address.Scheme is not ("http" or "https")
            || address.UserInfo.Length > 0
            || address.PathAndQuery != "/"
            || address.Fragment.Length > 0)
        {
            CommandLine.Fail($"{source}: {Shown.Quote(text)} is not the address of a gateway. Write one such as {DefaultAddress}.");
            return null;
        }

        return new AdminClient(address);
    }
}
