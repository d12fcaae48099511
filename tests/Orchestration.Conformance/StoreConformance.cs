using Xunit;

namespace Orchestration.Conformance;

/// <summary>What the suites share: a fresh world for each test, and two owners of it.</summary>
public abstract class StoreConformance : IAsyncLifetime
{
    private readonly List<IStoreOwner> _owners = [];
    private IStoreWorld? _world;

    protected static CancellationToken Cancel => TestContext.Current.CancellationToken;

    protected IStoreWorld World => _world ?? throw new InvalidOperationException("The test has not begun.");

    /// <summary>The first owner.</summary>
    protected IStoreOwner One => _owners[0];

    /// <summary>The second owner, of the same data.</summary>
    protected IStoreOwner Two => _owners[1];

    public async ValueTask InitializeAsync()
    {
        _world = await NewWorldAsync();
        await OpenAsync();
        await OpenAsync();
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var owner in _owners) await owner.DisposeAsync();
        if (_world is not null) await _world.DisposeAsync();
        GC.SuppressFinalize(this);
    }

    /// <summary>Empty data.</summary>
    protected abstract ValueTask<IStoreWorld> NewWorldAsync();

    /// <summary>Another owner, ended with the test.</summary>
    protected async Task<IStoreOwner> OpenAsync()
    {
        var owner = await World.OpenAsync(Cancel);
        _owners.Add(owner);
        return owner;
    }
}
