using Microsoft.Extensions.Options;
using ModelContextProtocol.Protocol;
using ModelContextProtocol.Server;

namespace Sluice.ModelContextProtocol;

/// <summary>Puts the limits into a server's filters, innermost: whatever else was configured decides before.</summary>
/// <remarks>
/// A server with the SDK's experimental alternate handler of tool calls, which bypasses filters, does not start: the SDK accepts only one
/// of the two.
/// </remarks>
internal sealed class RateLimitServerSetup(ServerLimitsFactory factory) : IPostConfigureOptions<McpServerOptions>
{
    private const string ToolsCall = "tools/call";
    private const string PromptsGet = "prompts/get";
    private const string ResourcesRead = "resources/read";

    public void PostConfigure(string? name, McpServerOptions options)
    {
        ServerLimits limits = factory.Create(options);
        McpServerHandlers handlers = options.Handlers;
        OperationFilter<CallToolRequestParams, CallToolResult> tools = new(
            limits,
            ToolsCall,
            static call => call.Name,
            () => handlers.CallToolHandler is not null,
            SdkRejection.ToolResult,
            hasResultForm: true);
        OperationFilter<GetPromptRequestParams, GetPromptResult> prompts = new(
            limits,
            PromptsGet,
            static prompt => prompt.Name,
            () => handlers.GetPromptHandler is not null,
            SdkRejection.PromptResult,
            hasResultForm: false);
        OperationFilter<ReadResourceRequestParams, ReadResourceResult> resources = new(
            limits,
            ResourcesRead,
            static resource => resource.Uri,
            () => handlers.ReadResourceHandler is not null,
            SdkRejection.ResourceResult,
            hasResultForm: false);
        options.Filters.Request.CallToolFilters.Add(next => (request, stop) => tools.InvokeAsync(request, next, stop));
        options.Filters.Request.GetPromptFilters.Add(next => (request, stop) => prompts.InvokeAsync(request, next, stop));
        options.Filters.Request.ReadResourceFilters.Add(next => (request, stop) => resources.InvokeAsync(request, next, stop));
        if (limits.MetersOtherMethods)
        {
            MethodFilter methods = new(limits, [ToolsCall, PromptsGet, ResourcesRead]);
            options.Filters.Message.IncomingFilters.Add(next => (message, stop) => methods.InvokeAsync(message, next, stop));
        }

        limits.Advertise(options);
    }
}
