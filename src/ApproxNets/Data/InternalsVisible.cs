using System.Runtime.CompilerServices;

// The tests feed readers small files and the fetcher a local server.
[assembly: InternalsVisibleTo("ApproxNets.Tests")]
