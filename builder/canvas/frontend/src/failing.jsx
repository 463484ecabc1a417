// What is shown where the front end fails to draw: what happened, that nothing is lost, and what can be done.
import { Component } from 'react'
import { Icon } from './bar.jsx'
import './board.css'

/** Draws what lies inside; if that fails, says so in its place. */
export class Failing extends Component {
  state = { error: null }

  static getDerivedStateFromError(error) {
    return { error }
  }

  render() {
    const { error } = this.state
    if (!error) return this.props.children
    return (
      <div className="board" data-dark={this.props.dark ? '1' : '0'} data-failed="1">
        <div className="board-cover solid" role="alert">
          <Icon name="sentiment_stressed" />
          <h3>The canvas could not be drawn</h3>
          <p>
            Your network is saved; nothing is lost. Draw it again, or go on in the table, which changes the same network. If it
            fails again, tell us this: <code>{`${error?.message ?? error}`.slice(0, 200)}</code>
          </p>
          <button type="button" className="board-button primary" onClick={() => this.setState({ error: null })}>
            <Icon name="refresh" /> Draw it again
          </button>
        </div>
      </div>
    )
  }
}
