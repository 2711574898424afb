using System.CommandLine;

namespace Sluice.Gateway;

/// <summary>The options that name what is called: <c>--tool</c>, <c>--prompt</c>, <c>--resource</c> or <c>--method</c>.</summary>
internal sealed class OperationOptions
{
    private readonly (Option<string?> Option, OperationKind Kind)[] _options =
    [
        (new("--tool", "-t") { Description = "The tool that is called.", HelpName = "NAME" }, OperationKind.Tool),
        (new("--prompt") { Description = "The prompt that is read.", HelpName = "NAME" }, OperationKind.Prompt),
        (new("--resource") { Description = "The resource that is read.", HelpName = "URI" }, OperationKind.Resource),
        (new("--method") { Description = "Another method, such as tools/list.", HelpName = "METHOD" }, OperationKind.Method),
    ];

    internal void AddTo(Command command) => Array.ForEach(_options, option => command.Add(option.Option));

    /// <summary>The request that the command line names; null when it is wrong, and the reason.</summary>
    internal ExplainedRequest? Read(ParseResult parsed, out string? why)
    {
        (Option<string?> Option, OperationKind Kind)[] named = [.. _options.Where(option => parsed.GetValue(option.Option) is not null)];
        why = named.Length switch
        {
            0 => "no operation is named. Add --tool, --prompt, --resource or --method.",
            1 when parsed.GetValue(named[0].Option)!.Trim().Length == 0 => $"{named[0].Option.Name}: the value is empty. Write a name.",
            1 when named[0].Kind == OperationKind.Method && !Mcp.MethodNames.IsWellFormed(parsed.GetValue(named[0].Option)) =>
                "--method: the value is not a method. Write one such as tools/list.",
            1 when named[0].Kind == OperationKind.Method
                && Methods.KindOf(parsed.GetValue(named[0].Option)) is var kind and not OperationKind.Method =>
                $"--method: this method names a {LimitNames.Of(kind)}. Use --{LimitNames.Of(kind)}.",
            1 => null,
            _ => $"{string.Join(" and ", named.Select(option => option.Option.Name))} name several operations. Keep one.",
        };
        if (why is not null)
        {
            return null;
        }

        string value = parsed.GetValue(named[0].Option)!;
        return named[0].Kind == OperationKind.Method
            ? new ExplainedRequest(value, OperationKind.Method, "")
            : new ExplainedRequest(Methods.Of(named[0].Kind), named[0].Kind, value);
    }
}
