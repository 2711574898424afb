using Sluice;
using Sluice.ModelContextProtocol;

namespace ModelContextProtocol.Server;

/// <summary>Lets tools, prompts and resources ask for the limits that apply to their caller.</summary>
public static class RequestContextRateLimitExtensions
{
    /// <summary>The limits that apply to this call; none in a server without limits.</summary>
    /// <typeparam name="TParams">The parameters of the call.</typeparam>
    /// <param name="request">The call.</param>
    /// <exception cref="ArgumentNullException"><paramref name="request"/> is null.</exception>
    public static RateLimitContext GetRateLimits<TParams>(this RequestContext<TParams> request)
    {
        ArgumentNullException.ThrowIfNull(request);
        if (ServerLimitsFactory.Find(request.Server.ServerOptions) is not ServerLimits limits)
        {
            return new RateLimitContext(null, ApplicableLimits.None, CallerIdentity.None);
        }

        CallerIdentity caller = limits.CallerOf(request);
        string operation = request.Params switch
        {
            Protocol.CallToolRequestParams call => call.Name,
            Protocol.GetPromptRequestParams prompt => prompt.Name,
            Protocol.ReadResourceRequestParams resource => resource.Uri,
            _ => "",
        };
        return new RateLimitContext(limits.Store, limits.Policy.Select(request.JsonRpcRequest.Method, operation, caller), caller);
    }
}
