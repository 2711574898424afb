namespace Sluice.Tests;

public sealed class FairQueueTests
{
    private readonly FairQueue<string, string> _queue = new();
    private readonly Dictionary<string, FairQueue<string, string>.Place> _places = [];

    [Fact]
    public void Serve_OneCallerHasAHundredItems_OthersGetTheirTurn()
    {
        for (int i = 0; i < 100; i++)
        {
            Enqueue("alice", $"a{i}");
        }

        Enqueue("bob", "b0");
        Enqueue("carol", "c0");
        Enqueue("bob", "b1");

        Served(6).ShouldBe(["a0", "b0", "c0", "a1", "b1", "a2"]);
        _queue.Count.ShouldBe(97);
        Served(97).ShouldBe(Enumerable.Range(3, 97).Select(i => $"a{i}"));
        _queue.TryPeek(out _).ShouldBeFalse();
    }

    [Fact]
    public void Serve_CallerComesBack_GoesToTheEnd()
    {
        Enqueue("alice", "a0");
        Enqueue("bob", "b0");
        Served(1).ShouldBe(["a0"]);

        Enqueue("alice", "a1");

        Served(2).ShouldBe(["b0", "a1"]);
    }

    [Fact]
    public void Remove_ItemThatWaits_IsNotServedAndCountsOnce()
    {
        Enqueue("alice", "a0");
        FairQueue<string, string>.Place only = Enqueue("bob", "b0");
        FairQueue<string, string>.Place second = Enqueue("alice", "a1");

        _queue.Remove(only).ShouldBeTrue();
        _queue.Remove(second).ShouldBeTrue();
        _queue.Remove(second).ShouldBeFalse();

        _queue.Count.ShouldBe(1);
        Served(1).ShouldBe(["a0"]);
        Enqueue("bob", "b1");
        Served(1).ShouldBe(["b1"]);
    }

    [Fact]
    public void Remove_ItemThatWasServed_DoesNothing()
    {
        FairQueue<string, string>.Place served = Enqueue("alice", "a0");
        Enqueue("alice", "a1");
        Served(1).ShouldBe(["a0"]);

        _queue.Remove(served).ShouldBeFalse();

        _queue.Count.ShouldBe(1);
    }

    [Fact]
    public void Remove_ItemOfTheCallerWhoIsNext_CallerKeepsItsTurn()
    {
        FairQueue<string, string>.Place first = Enqueue("alice", "a0");
        Enqueue("bob", "b0");
        Enqueue("alice", "a1");

        _queue.Remove(first);

        Served(2).ShouldBe(["a1", "b0"]);
    }

    private FairQueue<string, string>.Place Enqueue(string caller, string item) => _places[item] = _queue.Enqueue(caller, item);

    private string[] Served(int count) => [.. Enumerable.Range(0, count).Select(_ => Serve())];

    private string Serve()
    {
        _queue.TryPeek(out string? item).ShouldBeTrue();
        _queue.Serve(_places[item!]);
        return item!;
    }
}
