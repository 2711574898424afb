namespace Sluice.Gateway.Tests;

public sealed class StatusCommandTests
{
    private static readonly DateTimeOffset Start = new(2026, 7, 28, 12, 0, 0, TimeSpan.Zero);

    [Fact]
    public void Print_RejectedReload_SaysWhenAndWhy() =>
        Print(new ReloadStatus(Start.AddMinutes(5), "refused", ["sluice.yaml:9:15 wrong", "sluice.yaml:10:1 too"], [])).ShouldContain(
            "last reload    2026-07-28 12:05:00Z, rejected: the previous configuration stays in use\n"
            + "               sluice.yaml:9:15 wrong\n"
            + "               sluice.yaml:10:1 too\n"
            + "store ");

    [Fact]
    public void Print_SettingsThatNeedARestart_NamesThem() =>
        Print(new ReloadStatus(Start.AddMinutes(5), "loaded", [], ["listen", "store"])).ShouldContain(
            "last reload    2026-07-28 12:05:00Z, loaded\nneeds restart  listen, store\nstore ");

    [Fact]
    public void Print_NoReload_HasNoLineForIt() => Print(null).ShouldNotContain("reload");

    [Fact]
    public void Print_InvalidRequests_CountsThemForTheGatewayAndForTheServer()
    {
        string text = Print(null);

        text.ShouldContain("4 unmetered, 5 invalid\n");
        text.ShouldContain("unmetered  invalid  per second");
        text.ShouldContain("        4        5         1/s");
    }

    private static string Print(ReloadStatus? reload)
    {
        CallCounts calls = new(1, 2, 3, 4, 5, new CallRate(1, 0));
        StatusAnswer status = new(
            "1.0.0",
            Start,
            600_000,
            new ConfigStatus("6f1e", Start, reload, 1, 2),
            new StoreStatus("memory", true, Start, 0, 0, 0, 10, 0, 1),
            calls,
            Held: 0,
            Slots: 0,
            "hashed",
            new StreamStatus(0, 0, 0));
        ServersAnswer servers = new([new ServerAnswer("files", "http", true, calls, 0, 0, 0, null)]);
        Uri address = new("http://127.0.0.1:9090");
        return string.Join('\n', TextConsole.Print(120, console => StatusCommand.Print(console, address, status, servers)));
    }
}
