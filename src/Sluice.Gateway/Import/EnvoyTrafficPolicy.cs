using Sluice.Configuration;

namespace Sluice.Gateway;

/// <summary>A BackendTrafficPolicy of Envoy Gateway.</summary>
internal sealed class EnvoyTrafficPolicy(SourceGroup policy, ImportedDocument document, EnvoyLimits limits)
{
    internal void Read()
    {
        policy.Skip("apiVersion", "kind", "metadata", "status");
        if (policy.Group("spec") is SourceGroup spec)
        {
            spec.Skip("targetRef", "targetRefs", "targetSelectors");
            if (spec.Group("rateLimit") is SourceGroup rates)
            {
                rates.Skip("type");
                ReadRules(rates.Group("global"), "global", isGlobal: true);
                ReadRules(rates.Group("local"), "local", isGlobal: false);
                rates.NoteUnknown();
            }

            spec.NoteUnknown("is left out: it is not about rate limits.");
        }

        policy.NoteUnknown();
    }

    private void ReadRules(SourceGroup? scope, string name, bool isGlobal)
    {
        if (scope is null)
        {
            return;
        }

        document.Note(scope.Line, scope.Path, isGlobal
            ? "has fixed windows by the clock: written as fixedWindow with align, of which twice the count can pass around a window's edge."
            : "is counted by each Envoy alone, and of several rules that match only the strictest counts. "
                + "Here all processes share a store, if one is set, and all rules count.");
        foreach ((int index, SourceGroup rule) in scope.Groups("rules").Index())
        {
            ReadRule(rule, $"{name}-{index + 1}", isGlobal);
        }

        scope.NoteUnknown();
    }

    private void ReadRule(SourceGroup rule, string name, bool isGlobal)
    {
        Rate? rate = rule.Group("limit") is SourceGroup limit ? EnvoyLimits.ReadRate(limit, "requests", isGlobal) : null;
        bool isKnown = TryReadSelectors(rule, out string? header);
        int cost = ReadCost(rule);
        bool isShadow = rule.Text("shadowMode") == "true";
        rule.LeaveOut("shared", "is left out: a server here has limits of its own, which no other server shares.");
        rule.NoteUnknown();
        if (rate is null)
        {
            rule.Fault("limit", "a rule needs a limit, such as { requests: 10, unit: Minute }.");
            return;
        }

        if (!isKnown || (header is not null && limits.UserHeader is string known && !known.Equals(header, StringComparison.OrdinalIgnoreCase)))
        {
            rule.Note(
                "clientSelectors",
                "has no equivalent, so the rule is left out: keys here are the user, tenant, client and claims of the caller. "
                + "Only one header with type Distinct is read, as the user that a trusted proxy names.");
            return;
        }

        limits.UserHeader ??= header;
        limits.KnowsCallers |= header is not null;
        limits.Add(entry =>
        {
            entry.Add("name", name);
            if (header is not null)
            {
                entry.Add("per", ["user"]);
            }

            entry.Add("rate", [rate]);
            if (cost != 1)
            {
                entry.Add("cost", cost);
            }

            if (isShadow)
            {
                entry.Add("mode", "permissive");
            }
        });
    }

    private static bool TryReadSelectors(SourceGroup rule, out string? header)
    {
        header = null;
        foreach (SourceGroup selector in rule.Groups("clientSelectors"))
        {
            List<SourceGroup> headers = [.. selector.Groups("headers")];
            bool isOneDistinct = headers.Count == 1 && headers[0].Text("type") == "Distinct" && selector.Fields.Count() == 1
                && header is null;
            header = isOneDistinct ? headers[0].Text("name") : null;
            if (header is null)
            {
                return false;
            }

            rule.Note(
                "clientSelectors",
                $"{Shown.Quote(header)} is a header that any caller can set, "
                    + "unless a proxy does: it is read as the user of a trusted proxy.");
        }

        return true;
    }

    private static int ReadCost(SourceGroup rule)
    {
        if (rule.Group("cost") is not SourceGroup cost)
        {
            return 1;
        }

        cost.LeaveOut("response", "is left out: a call here is charged once, when it is admitted.");
        int? number = null;
        if (cost.Group("request") is SourceGroup request)
        {
            request.Skip("from");
            number = request.Count("number");
            request.LeaveOut("metadata", "is left out: the cost of a call is a number here; it is 1.");
            request.NoteUnknown();
        }

        if (number == 0)
        {
            cost.Note("request", "is 0, which only looks at the counter. A cost here is 1 or more; it is 1.");
        }

        cost.NoteUnknown();
        return number is > 0 and int charged ? charged : 1;
    }
}
