namespace Sluice.EndToEnd.Fixtures;

/// <summary>Files for <c>sluice run</c> in the shape of the smallest useful one, with one server.</summary>
/// <remarks>
/// The limits of these tests have periods of a day, so that no token comes back while a test runs, however slowly.
/// </remarks>
internal static class GatewayFile
{
    /// <summary>A file with Alice's and Bob's keys, and these lines as its <c>rateLimiting</c>.</summary>
    public static string Limiting(Uri upstream, params string[] rateLimiting) => $"""
        listen: http://127.0.0.1:0
        auth:
          apiKeys:
            - {Key(Caller.Alice)}
            - {Key(Caller.Bob)}
        servers:
          - name: upstream
            upstream: {upstream}
            rateLimiting:
              {string.Join("\n      ", rateLimiting)}

        """;

    private static string Key(Caller caller) => $"{{ user: {caller.Name}, sha256: {caller.KeyHash} }}";
}
