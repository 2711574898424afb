using Sluice.Charts;

// Usage: Sluice.Charts FOLDER. Draws the charts of docs/concepts into the folder, from the engine itself.
if (args is not [string folder])
{
    Console.Error.WriteLine("Usage: Sluice.Charts FOLDER");
    return 2;
}

Directory.CreateDirectory(folder);
IEnumerable<(string Name, string Drawing)> charts =
[
    .. Scenario.All.Select(scenario => (scenario.Name, Chart.Draw(scenario, Recording.Of(scenario)))),
    .. Timeline.All.Select(timeline => (timeline.Name, timeline.Draw())),
];
foreach ((string name, string drawing) in charts)
{
    string path = Path.Combine(folder, name + ".svg");
    File.WriteAllText(path, drawing);
    Console.WriteLine(path);
}

return 0;
