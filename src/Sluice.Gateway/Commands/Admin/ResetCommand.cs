using System.CommandLine;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace Sluice.Gateway;

/// <summary><c>sluice reset</c>: makes the buckets of one caller full again.</summary>
internal static class ResetCommand
{
    internal static Command Create()
    {
        Option<string> server = Of("--server", "The server.");
        server.Required = true;
        Option<string> user = Of("--user", "The user.");
        Option<string> tenant = Of("--tenant", "The tenant; of a user, the tenant that the user belongs to.");
        Option<string> client = Of("--client", "The OAuth client.");
        Option<string> issuer = Of(
            "--issuer", "The issuer that identifies the caller, where several do: an issuer's URL, apiKeys or trustedProxy.");
        Option<string> limit = Of("--limit", "One limit, by its name; all limits that count this caller when it is left out.");
        Option<string[]> claims = new("--claim")
        {
            Description = "A claim of the caller: NAME=VALUE. May be repeated, also for several values of one claim.",
            HelpName = "NAME=VALUE",
            DefaultValueFactory = _ => [],
        };
        Option<bool> yes = new("--yes", "-y") { Description = "Do not ask first." };
        Command command = new(
            "reset",
            "Make the buckets of one caller full again. It asks first. Shared buckets and slots stay as they are.\n\n"
            + $"{AdminOptions.Help}\n\nExample:\n  sluice reset --server files --user alice\n  sluice reset --server files --user alice "
            + "--limit search/perUser --yes")
        {
            server,
            user,
            tenant,
            client,
            claims,
            issuer,
            limit,
            yes,
        };
        AdminOptions options = AdminOptions.AddTo(command);
        command.SetAction(async (parsed, cancellationToken) =>
        {
            JsonObject request = [];
            foreach ((string name, Option<string> option) in new[]
            {
                ("server", server), ("user", user), ("tenant", tenant), ("client", client), ("issuer", issuer), ("limit", limit),
            })
            {
                if (parsed.GetValue(option) is string value)
                {
                    request[name] = value;
                }
            }

            if (!TryAddClaims(request, parsed.GetValue(claims) ?? [], out string? wrong))
            {
                return CommandLine.FailUsage("sluice reset", wrong!);
            }

            if (!request.Any(field => field.Key is "user" or "tenant" or "client" or "claims"))
            {
                return CommandLine.FailUsage("sluice reset", "the caller is missing. Add --user, --tenant, --client or --claim.");
            }

            return !parsed.GetValue(yes) && !IsConfirmed(request)
                ? CommandLine.Failure
                : await AdminCommand.RunAsync(parsed, options, async admin =>
                {
                    string answer = await admin.PostAsync(
                        "/api/v1/reset", request.ToJsonString(JsonSerializerOptions.Default), cancellationToken);
                    Print(answer, options.IsJson(parsed));
                });
        });
        return command;
    }

    private static Option<string> Of(string name, string description) => new(name) { Description = description, HelpName = "NAME" };

    private static bool TryAddClaims(JsonObject request, string[] claims, out string? wrong)
    {
        wrong = claims.FirstOrDefault(claim => claim.IndexOf('=') < 1) is string text
            ? $"--claim: {Configuration.Shown.Quote(text)} is not NAME=VALUE."
            : null;
        if (wrong is null && claims.Length > 0)
        {
            request["claims"] = new JsonObject(claims
                .Select(claim => (Name: claim[..claim.IndexOf('=')], Value: claim[(claim.IndexOf('=') + 1)..]))
                .GroupBy(claim => claim.Name, claim => claim.Value, StringComparer.Ordinal)
                .Select(claim => KeyValuePair.Create<string, JsonNode?>(claim.Key, new JsonArray([.. claim.Select(value => (JsonNode)value)]))));
        }

        return wrong is null;
    }

    private static bool IsConfirmed(JsonObject request)
    {
        string limits = request["limit"] is JsonNode limit ? $"the limit {Configuration.Shown.Quote($"{limit}")}" : "every limit";
        string caller = string.Join(", ", request.Where(field => field.Key is not ("server" or "limit")).Select(field =>
            field.Key + " " + (field.Value is JsonObject claims ? claims.ToJsonString(JsonSerializerOptions.Default) : $"{field.Value}")));
        Console.Error.Write(
            $"Reset {limits} of {Configuration.Shown.Quote($"{request["server"]}")} that counts "
                + $"{Configuration.Shown.Message(caller)}? [y/N] ");
        string? answer = Console.ReadLine();
        if (answer is null)
        {
            Console.Error.WriteLine();
            CommandLine.Fail("nothing was reset: there is no terminal for the question. Add --yes.");
            return false;
        }

        bool isYes = answer.Trim() is "y" or "Y" or "yes";
        if (!isYes)
        {
            CommandLine.Fail("nothing was reset.");
        }

        return isYes;
    }

    private static void Print(string answer, bool isJson)
    {
        if (isJson)
        {
            Console.WriteLine(answer);
            return;
        }

        ResetAnswer reset = AdminClient.Read(answer, ApiJson.Default.ResetAnswer);
        Console.WriteLine(
            $"Reset {AdminOutput.Count(reset.Reset, "limit")}: {string.Join(", ", reset.Limits.Select(Configuration.Shown.Message))}");
    }
}
