using Microsoft.Extensions.Logging.Console;

namespace Sluice.Gateway;

/// <summary>How the gateway logs: a line each, on standard error, since standard output is for the address alone.</summary>
internal static class GatewayLog
{
    internal static void Configure(ILoggingBuilder logging) => logging
        .AddSimpleConsole(console =>
        {
            console.SingleLine = true;
            console.TimestampFormat = "HH:mm:ss ";
        })
        .AddFilter("Microsoft", LogLevel.Warning)
        .AddFilter("Microsoft.AspNetCore.Hosting.Diagnostics", LogLevel.None) // It logs what Kestrel logs too, and makes each call an activity for it.
        .AddFilter("Microsoft.Extensions.Hosting", LogLevel.None) // The runner says why a start failed, in one line.
        .Services.Configure<ConsoleLoggerOptions>(options => options.LogToStandardErrorThreshold = LogLevel.Trace);
}
