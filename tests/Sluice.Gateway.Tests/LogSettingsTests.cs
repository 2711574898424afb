using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.Logging;

namespace Sluice.Gateway.Tests;

public class LogSettingsTests
{
    [Fact]
    public void IsEnabled_NothingSet_RejectionsAreNotLogged()
    {
        using ILoggerFactory loggers = Create(isVerbose: false);

        loggers.CreateLogger("Sluice.Mcp.CallGate").IsEnabled(LogLevel.Debug).ShouldBeFalse();
        loggers.CreateLogger("Sluice.Mcp.CallGate").IsEnabled(LogLevel.Information).ShouldBeTrue();
        loggers.CreateLogger("Microsoft.AspNetCore.Server.Kestrel").IsEnabled(LogLevel.Information).ShouldBeFalse();
    }

    [Fact]
    public void IsEnabled_Verbose_OnlySluiceLogsMore()
    {
        using ILoggerFactory loggers = Create(isVerbose: true);

        loggers.CreateLogger("Sluice.Mcp.CallGate").IsEnabled(LogLevel.Debug).ShouldBeTrue();
        loggers.CreateLogger("Microsoft.AspNetCore.Server.Kestrel").IsEnabled(LogLevel.Information).ShouldBeFalse();
    }

    [Theory]
    [InlineData("Default", "Debug", "Sluice.Mcp.CallGate", LogLevel.Debug, true)]
    [InlineData("Default", "debug", "Sluice.Mcp.CallGate", LogLevel.Debug, true)]
    [InlineData("Default", "Warning", "Sluice.Mcp.CallGate", LogLevel.Information, false)]
    [InlineData("Sluice.Mcp", "Debug", "Sluice.Gateway.McpEndpoint", LogLevel.Debug, false)]
    [InlineData("Default", "Debug", "Microsoft.AspNetCore.Server.Kestrel", LogLevel.Debug, false)]
    [InlineData("Microsoft", "Debug", "Microsoft.AspNetCore.Server.Kestrel", LogLevel.Debug, true)]
    public void IsEnabled_VariableSet_DecidesTheCategory(string name, string value, string category, LogLevel level, bool isEnabled)
    {
        using ILoggerFactory loggers = Create(isVerbose: false, ($"Logging:LogLevel:{name}", value));

        loggers.CreateLogger(category).IsEnabled(level).ShouldBe(isEnabled);
    }

    [Theory]
    [InlineData("Logging:LogLevel:Default", "Debugg", "Logging__LogLevel__Default")]
    [InlineData("Logging:LogLevel:Default", "1", "Logging__LogLevel__Default")]
    [InlineData("Logging:LogLevel:Sluice", "", "Logging__LogLevel__Sluice")]
    [InlineData("Logging:Console:LogLevel:Default", "loud", "Logging__Console__LogLevel__Default")]
    public void Read_NotALevel_NamesTheVariableAndTheLevels(string key, string value, string variable)
    {
        LogSettings.Read(isVerbose: false, Variables((key, value)), out string? wrong);

        wrong.ShouldBe($"{variable}: '{value}' is not a level. Use Trace, Debug, Information, Warning, Error, Critical or None.");
    }

    private static IConfiguration Variables(params (string Key, string Value)[] variables) =>
        new ConfigurationBuilder()
            .AddInMemoryCollection(variables.Select(variable => KeyValuePair.Create(variable.Key, (string?)variable.Value)))
            .Build();

    private static ILoggerFactory Create(bool isVerbose, params (string Key, string Value)[] variables)
    {
        LogSettings settings = LogSettings.Read(isVerbose, Variables(variables), out string? wrong);
        wrong.ShouldBeNull();
        return LoggerFactory.Create(logging => GatewayLog.Configure(logging, settings));
    }
}
