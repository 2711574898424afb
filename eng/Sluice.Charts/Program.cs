using Sluice.Charts;

// Usage: Sluice.Charts FOLDER. Draws the charts of docs/concepts into the folder, from the engine itself.
if (args is not [string folder])
{
    Console.Error.WriteLine("Usage: Sluice.Charts FOLDER");
    return 2;
}

Directory.CreateDirectory(folder);
foreach (Scenario scenario in Scenario.All)
{
    string path = Path.Combine(folder, scenario.Name + ".svg");
    File.WriteAllText(path, Chart.Draw(scenario, Recording.Of(scenario)));
    Console.WriteLine(path);
}

return 0;
