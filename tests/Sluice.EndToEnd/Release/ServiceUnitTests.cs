using System.Text.RegularExpressions;

namespace Sluice.EndToEnd;

/// <summary>The systemd unit, as systemd reads it.</summary>
[Nightly]
[Collection(BuiltRelease.Collection)]
public sealed partial class ServiceUnitTests(BuiltRelease release)
{
    private static readonly string Unit = Path.Combine(Repository.Root, "deploy", "systemd", "sluice.service");

    [Fact]
    public async Task Unit_WithTheProgramOfTheArchive_HasNoFault()
    {
        // The unit starts a program that this machine does not have; the archive's stands in for it.
        string unit = Path.Combine(release.NewFolder("unit"), "sluice.service");
        await File.WriteAllTextAsync(unit, (await File.ReadAllTextAsync(Unit)).Replace(
            "/usr/local/bin/sluice", Path.Combine(release.Archive, "sluice"), StringComparison.Ordinal));

        ProgramResult result = await BuiltRelease.SucceedAsync("systemd-analyze", "verify", "--man=no", unit);

        (result.Output + result.Error).ShouldBeEmpty();
    }

    [Fact]
    public async Task Unit_ExposureByTheReckoningOfSystemd_IsLow()
    {
        ProgramResult result = await BuiltRelease.SucceedAsync("systemd-analyze", "security", "--offline=yes", "--no-pager", Unit);

        // From 0 to 10; a service without any of these settings has 9.6, and below 2.5 systemd calls it OK.
        string exposure = Exposure().Match(result.Output).Groups["level"].Value;
        double.Parse(exposure, System.Globalization.CultureInfo.InvariantCulture).ShouldBeLessThan(2.5, result.Output);
    }

    [Fact]
    public async Task Unit_InTheArchive_IsTheOneOfTheCheckout() =>
        (await File.ReadAllTextAsync(Path.Combine(release.Archive, "sluice.service"))).ShouldBe(await File.ReadAllTextAsync(Unit));

    [GeneratedRegex(@"Overall exposure level for sluice\.service: (?<level>[0-9.]+)", RegexOptions.ExplicitCapture)]
    private static partial Regex Exposure();
}
