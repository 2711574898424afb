namespace Sluice.Tests;

public sealed class FairQueueTests
{
    private readonly FairQueue<string, string> _queue = new();

    [Fact]
    public void Dequeue_OneCallerHasAHundredItems_OthersGetTheirTurn()
    {
        for (int i = 0; i < 100; i++)
        {
            _queue.Enqueue("alice", $"a{i}");
        }

        _queue.Enqueue("bob", "b0");
        _queue.Enqueue("carol", "c0");
        _queue.Enqueue("bob", "b1");

        Served(6).ShouldBe(["a0", "b0", "c0", "a1", "b1", "a2"]);
        _queue.Count.ShouldBe(97);
        Served(97).ShouldBe(Enumerable.Range(3, 97).Select(i => $"a{i}"));
        _queue.TryDequeue(out _).ShouldBeFalse();
    }

    [Fact]
    public void Dequeue_CallerComesBack_GoesToTheEnd()
    {
        _queue.Enqueue("alice", "a0");
        _queue.Enqueue("bob", "b0");
        Served(1).ShouldBe(["a0"]);

        _queue.Enqueue("alice", "a1");

        Served(2).ShouldBe(["b0", "a1"]);
    }

    [Fact]
    public void Remove_ItemThatWaits_IsNotServedAndCountsOnce()
    {
        _queue.Enqueue("alice", "a0");
        FairQueue<string, string>.Place only = _queue.Enqueue("bob", "b0");
        FairQueue<string, string>.Place second = _queue.Enqueue("alice", "a1");

        _queue.Remove(only).ShouldBeTrue();
        _queue.Remove(second).ShouldBeTrue();
        _queue.Remove(second).ShouldBeFalse();

        _queue.Count.ShouldBe(1);
        Served(1).ShouldBe(["a0"]);
        _queue.Enqueue("bob", "b1");
        Served(1).ShouldBe(["b1"]);
    }

    [Fact]
    public void Remove_ItemThatWasServed_DoesNothing()
    {
        FairQueue<string, string>.Place served = _queue.Enqueue("alice", "a0");
        _queue.Enqueue("alice", "a1");
        Served(1).ShouldBe(["a0"]);

        _queue.Remove(served).ShouldBeFalse();

        _queue.Count.ShouldBe(1);
    }

    private string[] Served(int count) =>
        [.. Enumerable.Range(0, count).Select(_ => _queue.TryDequeue(out string? item) ? item : throw new InvalidOperationException("It is empty."))];
}
