using Orchestration.Core;

namespace Orchestration.Storage.Sqlite.Judgments;

/// <summary>Looks pairs up in the table of pairs, remembering the last one. For one transaction.</summary>
internal sealed class PairCursor(Connection connection)
{
    private readonly Statement _select = connection.Use("SELECT low, id, entries FROM pairs WHERE high = ?1");
    private Hash128 _pair;
    private bool _isPlaced;
    private bool _exists;
    private int _position;

    /// <summary>The row's id, where there is one.</summary>
    public long Id => _select.Int64(1);

    /// <summary>The row's entries in the engine's memory, valid until the next move.</summary>
    public ReadOnlySpan<byte> Entries => _select.Bytes(2);

    /// <summary>Moves to a pair; false where it has no row.</summary>
    public bool MoveTo(Hash128 pair)
    {
        if (_isPlaced && _pair == pair) return _exists;
        _select.Reset();
        _select.Bind(1, (long)pair.High);
        _pair = pair;
        _isPlaced = true;
        _position = 0;

        // The index holds half of the hash; the row decides.
        while (_exists = _select.Step())
        {
            if (_select.Int64(0) == (long)pair.Low) break;
        }

        return _exists;
    }

    /// <summary>Finds one judgment of a pair.</summary>
    public bool TryFind(Hash128 pair, Hash128 judge, int repeat, out PairEntry found)
    {
        if (MoveTo(pair)) return PairFormat.TryFind(Entries, ref _position, judge, repeat, out found);
        found = default;
        return false;
    }

    /// <summary>Gives the statement back, so that the transaction can end.</summary>
    public void Release()
    {
        _isPlaced = false;
        _select.Dispose();
    }
}
