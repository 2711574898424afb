namespace Sluice;

/// <summary>The names by which a program subscribes to Sluice's telemetry.</summary>
/// <remarks>
/// <para>
/// With OpenTelemetry: <c>AddMeter(SluiceTelemetry.Name)</c> for the metrics, <c>AddSource(SluiceTelemetry.Name)</c> for the spans.
/// </para>
/// <para>
/// There is one meter and one activity source in a process, whatever the number of servers, stores and hosts in it. Labels are names
/// from the configuration; they are never an identity, a session or a name that a caller chose.
/// </para>
/// </remarks>
public static class SluiceTelemetry
{
    /// <summary>The name of the meter, and of the activity source.</summary>
    public const string Name = "Sluice";
}
