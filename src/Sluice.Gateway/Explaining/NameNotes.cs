using Sluice.Configuration;

namespace Sluice.Gateway;

/// <summary>Finds names on the command line that are probably misspelt.</summary>
internal static class NameNotes
{
    internal static IEnumerable<string> Of(RateLimitPolicy policy, ExplainedRequest request, DescribedCaller caller)
    {
        RateLimitingSettings settings = policy.Settings;
        bool isMethod = request.Kind == OperationKind.Method;
        string operation = isMethod ? request.Method : request.Operation;
        string[] known = [.. NamesOf(settings, request.Kind).Distinct(StringComparer.Ordinal)];
        bool isNamed = known.Any(
            name => name.Trim('*').Length > 0 && new OperationMatcher(request.Kind, [name], settings.CaseSensitive).Matches(operation));
        if (!isNamed && NearestName.Find(operation, known) is string near)
        {
            yield return $"no limit names the {LimitNames.Of(request.Kind)} {Shown.Quote(operation)}. Did you mean '{near}'?";
        }

        foreach (string claim in caller.Claims.Keys.Where(claim => !policy.Claims.Contains(claim)))
        {
            yield return $"no limit asks for the claim {Shown.Quote(claim)}."
                + (NearestName.Find(claim, policy.Claims) is string meant ? $" Did you mean '{meant}'?" : "");
        }
    }

    private static IEnumerable<string> NamesOf(RateLimitingSettings settings, OperationKind kind) => settings[kind]
        .Select(entry => entry.Name.Trim())
        .Concat(settings.Limits.SelectMany(limit => kind switch
        {
            OperationKind.Tool => limit.When.Tools,
            OperationKind.Prompt => limit.When.Prompts,
            OperationKind.Resource => limit.When.Resources,
            _ => limit.When.Methods,
        }));
}
